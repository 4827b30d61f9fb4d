using System.Management.Automation;
using LoginEtl.History;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Get-LoginRun: the runs that the database remembers, the latest first. What a run wrote is counted in its batches' own
/// transactions, so it is right of a run that goes on, or was killed, too.
/// </summary>
[Cmdlet(VerbsCommon.Get, "LoginRun")]
[OutputType(typeof(LoginRun))]
public sealed class GetLoginRunCmdlet : DatabaseCmdlet
{
    /// <summary>So many at most.</summary>
    [Parameter]
    [Given<int>]
    [ValidateRange(1, int.MaxValue)]
    public int Last { get; set; } = new RunFilter().Last;

    /// <summary>Only those that failed, or were lost: killed, or without their database at the end.</summary>
    [Parameter]
    public SwitchParameter Failed { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var settings = ConnectionSettings();
        WriteObject(
            Await(() => Connectors.Database.ListRunsAsync(settings, new RunFilter { Last = Last, Failed = Failed }, StopToken), Table), enumerateCollection: true);
    }
}
