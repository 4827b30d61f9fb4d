using System.Management.Automation;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// What was wrong with the parameters of a cmdlet that answers with a receipt whatever happens. PowerShell's own errors of
/// binding end the statement alone, and a script of one line goes on to its end, and to exit code 0.
/// </summary>
/// <remarks>
/// A transformation does not know whose parameter it is. So the cmdlet opens this when it is made, and all parameters of a
/// pipeline are bound; whichever cmdlet of ours begins first finds what was kept. Another that is made in between, by a script
/// that a parameter's default runs, closes it, and the one that opened it has what was kept until then.
/// </remarks>
internal sealed class BindingFaults
{
    [ThreadStatic]
    private static BindingFaults? t_open;

    private BindingFaults()
    {
    }

    /// <summary>The first that was kept; null when nothing was.</summary>
    public LoginEtlException? First { get; private set; }

    /// <summary>From here on faults are kept.</summary>
    public static BindingFaults Open() => t_open = new BindingFaults();

    /// <summary>From here on PowerShell tells of them.</summary>
    /// <returns>The first that was kept by what was open; null when nothing was.</returns>
    public static LoginEtlException? Close()
    {
        var first = t_open?.First;
        t_open = null;
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
        catch (Exception e) when (t_open is not null && e is not PipelineStoppedException)
        {
            Keep(parameter, (e as ArgumentTransformationMetadataException ?? Refusal.OfThrowing()).Message);
            return otherwise;
        }
    }

    /// <summary>Whether faults are kept, and this one is now.</summary>
    /// <param name="parameter">The parameter's name.</param>
    /// <param name="sentence">What is wrong with it; says nothing that was given.</param>
    public static bool Keep(string parameter, string sentence) => Keep(new LoginEtlException(
        ErrorId.SettingInvalid, $"-{parameter} was given what it does not take. {sentence}", "Correct it; Get-Help says what it takes."));

    /// <inheritdoc cref="Keep(string, string)"/>
    public static bool Keep(LoginEtlException fault)
    {
        if (t_open is not { } open)
        {
            return false;
        }

        open.First ??= fault;
        return true;
    }
}
