using System.Management.Automation;
using LoginEtl.Ports;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Get-LoginQueue: queues with how many messages wait in them, are in flight or delayed, and with their dead-letter queues.
/// Receives nothing. SQS's counts are approximate, and it knows no age of the oldest message.
/// </summary>
[Cmdlet(VerbsCommon.Get, "LoginQueue")]
[OutputType(typeof(LoginQueue))]
public sealed class GetLoginQueueCmdlet : QueueCmdlet
{
    /// <summary>Name of the queue, with wildcards for several, or its URL or ARN; all when not given.</summary>
    [Parameter(Position = 0)]
    [Given<SettingText>]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public override SettingText? Queue { get; set; }

    /// <summary>Tells of their dead-letter queues instead; those that have none are left out.</summary>
    [Parameter]
    public SwitchParameter DeadLetter { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var name = Queue?.Reveal() ?? "*";
        Func<string, bool>? fits = WildcardPattern.ContainsWildcardCharacters(name)
            ? WildcardPattern.Get(Guard(() => EnvironmentSettings.RequireQueuePattern(name, "-Queue")), WildcardOptions.None).IsMatch : null;
        var settings = Guard(() => QueueSettings(name));
        var prefix = name[..(name.AsSpan().IndexOfAny("*?[") is var end and >= 0 ? end : name.Length)];
        var queues = Await(() => Connectors.Queue.ListAsync(settings, prefix, fits, StopToken), Queue);
        WriteObject(DeadLetter ? queues.Select(q => q.DeadLetterQueueUrl).OfType<string>().Distinct().Select(LookAt) : queues, enumerateCollection: true);
    }

    private LoginQueue LookAt(string url) => Await(() => Connectors.Queue.ListAsync(QueueSettings(url), "", null, StopToken), url)[0];
}
