using System.Management.Automation;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// What was wrong with the parameters of a cmdlet that answers with a receipt whatever happens. PowerShell's own errors of
/// binding end the statement alone, and a script of one line goes on to its end, and to exit code 0.
/// </summary>
/// <remarks>
/// A transformation does not know whose parameter it is. So the cmdlet opens this when it is made, all parameters of a pipeline
/// are bound, and whichever cmdlet of ours begins first takes what was kept; nothing that was kept is forgotten.
/// </remarks>
internal static class BindingFaults
{
    [ThreadStatic]
    private static bool t_open;

    [ThreadStatic]
    private static LoginEtlException? t_first;

    /// <summary>From here on faults are kept, where a cmdlet answers them; else PowerShell tells them.</summary>
    public static void Begin(bool keep) => (t_open, t_first) = (keep, null);

    /// <summary>The first that was kept; null when nothing was. From here on PowerShell tells them.</summary>
    public static LoginEtlException? Take()
    {
        var first = t_first;
        Begin(keep: false);
        return first;
    }

    /// <summary>What a parameter becomes; where it can be nothing and faults are kept, <paramref name="otherwise"/>.</summary>
    /// <param name="parameter">Its name.</param>
    /// <param name="bind">Throws what <see cref="Refusal"/> makes.</param>
    /// <param name="otherwise">Fits the parameter's type.</param>
    public static object? Bind(string parameter, Func<object?> bind, object? otherwise = null)
    {
        try
        {
            return bind();
        }
        catch (ArgumentTransformationMetadataException e) when (t_open)
        {
            Keep(parameter, e.Message);
            return otherwise;
        }
    }

    /// <summary>Whether faults are kept, and this one is now.</summary>
    /// <param name="parameter">The parameter's name.</param>
    /// <param name="sentence">What is wrong with it; says nothing that was given.</param>
    public static bool Keep(string parameter, string sentence) => Keep(new LoginEtlException(
        "SettingInvalid", FaultKind.Configuration, $"-{parameter} was given what it does not take. {sentence}", "Correct it; Get-Help says what it takes."));

    /// <inheritdoc cref="Keep(string, string)"/>
    public static bool Keep(LoginEtlException fault)
    {
        t_first ??= t_open ? fault : null;
        return t_open;
    }
}
