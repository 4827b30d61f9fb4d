using System.Management.Automation;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Get-LoginQuarantine: what was rejected, and why; the oldest first. What is settled is left out.</summary>
[Cmdlet(VerbsCommon.Get, "LoginQuarantine")]
[OutputType(typeof(QuarantineEntry))]
public sealed class GetLoginQuarantineCmdlet : DatabaseCmdlet
{
    /// <summary>Only those with this reason, such as missing_field.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RejectReasonCompleter))]
    public SettingText? Reason { get; set; }

    /// <summary>Only those of this queue: its name, URL or ARN.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? Queue { get; set; }

    /// <summary>Only those that came at this time or later.</summary>
    [Parameter]
    [Given<DateTimeOffset>]
    public DateTimeOffset? Since { get; set; }

    /// <summary>So many at most.</summary>
    [Parameter]
    [Given<long>]
    [ValidateRange(1L, long.MaxValue)]
    public long? Max { get; set; }

    /// <summary>Also those that are settled: that have become rows, or were dismissed.</summary>
    [Parameter]
    [Alias("IncludeRestored")]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var settings = ConnectionSettings();
        var filter = Guard(() => new QuarantineFilter
        {
            Reason = Reason is null ? null : RejectReasons.Require(Reason.Reveal(), "-Reason"),
            Queue = Queue is null ? null : EnvironmentSettings.RequireQueueName(Queue.Reveal(), "-Queue"),
            Since = Since,
            Max = Max,
            IncludeSettled = All,
        });
        var quarantine = Own(Await(() => Connectors.Database.OpenQuarantineAsync(settings, new SinkOptions(), StopToken), Table));
        Emit(quarantine.ListAsync(filter, StopToken), Table);
    }
}
