using System.Management.Automation;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Full paths of what parameters and variables name. What PowerShell says of a wrong one quotes it.</summary>
internal static class GivenPath
{
    /// <param name="cmdlet">Whose folder relative ones are of.</param>
    /// <param name="given">As given.</param>
    /// <param name="setting">Its parameter, for the error.</param>
    /// <exception cref="LoginEtlException"><c>PathInvalid</c>.</exception>
    public static string Of(PSCmdlet cmdlet, string given, string setting)
    {
        try
        {
            return Quotable.RequirePath(cmdlet.GetUnresolvedProviderPathFromPSPath(given), setting);
        }
        catch (Exception e) when (e is RuntimeException and not PipelineStoppedException || e is ArgumentException or NotSupportedException)
        {
            throw Quotable.NoPath(setting);
        }
    }
}
