using System.Collections;
using System.Management.Automation;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Runs a script block on what nobody is to see. PowerShell itself runs one of a parameter that the pipeline binds, and puts what
/// it fails by, which quotes what it was given, into an error.
/// </summary>
internal static class HiddenScript
{
    private const string ErrorList = "global:Error";

    /// <summary>The one object that it makes; null for none, or several.</summary>
    /// <param name="cmdlet">Whose <c>$Error</c> keeps nothing of what the script block fails by.</param>
    /// <param name="script">Of the caller's.</param>
    /// <param name="input">What it is given as <c>$_</c>.</param>
    /// <param name="failed">The fault where it fails, by a text of where and by what type of error.</param>
    public static object? Run(PSCmdlet cmdlet, ScriptBlock script, object? input, Func<string, LoginEtlException> failed)
    {
        var errors = cmdlet.SessionState.PSVariable.GetValue(ErrorList) as ArrayList;
        var last = errors is { Count: > 0 } ? errors[0] : null;
        try
        {
            var made = script.InvokeWithContext(null, [new PSVariable("_", input), new PSVariable("ErrorActionPreference", ActionPreference.Stop)]);
            return made is [var one] ? one : null;
        }
        catch (FlowControlException e)
        {
            // It would leave the caller's loop, or script, in the middle of the work.
            throw failed($"by {(e is BreakException ? "break" : e is ContinueException ? "continue" : "exit")}, which leaves more than the script block");
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            while (errors is { Count: > 0 } && !ReferenceEquals(errors[0], last))
            {
                errors.RemoveAt(0);
            }

            throw failed($"in its line {e.ErrorRecord.InvocationInfo?.ScriptLineNumber ?? 1} ({Cause(e).Name})");
        }
    }

    private static Type Cause(Exception e) => e is ActionPreferenceStopException { ErrorRecord.Exception: { } stopped } ? Cause(stopped) : e.InnerException is { } inner ? Cause(inner) : e.GetType();
}
