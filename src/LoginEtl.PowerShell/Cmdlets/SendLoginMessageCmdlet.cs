using System.Management.Automation;
using LoginEtl.Ports;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Send-LoginMessage: sends bodies to a queue, for tests, backfills and replays.</summary>
[Cmdlet(VerbsCommunications.Send, "LoginMessage", SupportsShouldProcess = true)]
[OutputType(typeof(Records.MessageId))]
public sealed class SendLoginMessageCmdlet : QueueCmdlet
{
    // Fifty requests' worth: enough to keep several under way at a time.
    private const int BatchSize = 500;
    private const string Bodies = "bodies, one a text, as Get-Content gives them";
    private readonly List<string> _bodies = new(BatchSize);
    private IMessageSender? _sender;
    private long _sent;

    /// <summary>Bodies, one a string, as from Get-Content.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true)]
    [RawText]
    public RawText[]? InputObject { get; set; }

    /// <summary>Message group, for FIFO queues.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? MessageGroupId { get; set; }

    /// <summary>Emits the message ids.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => Bodies;

    /// <inheritdoc/>
    protected override object? Input => InputObject;

    /// <inheritdoc/>
    protected override void Begin()
    {
        var settings = Guard(QueueSettings);
        _sender = Own(Await(() => Connectors.Queue.SendToAsync(settings, StopToken), EnvironmentSettings.QueueName(settings.Queue)));
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (var body in InputObject!)
        {
            _bodies.Add(body.Reveal());
            if (_bodies.Count == BatchSize)
            {
                SendBatch();
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        SendBatch();
        WriteVerbose($"{_sent} messages sent to {_sender!.Name}.");
    }

    private void SendBatch()
    {
        if (_bodies.Count > 0 && ShouldProcess(_sender!.Name, $"Send {_bodies.Count} messages"))
        {
            var ids = Await(() => _sender.SendAsync(_bodies, MessageGroupId?.Reveal(), StopToken), _sender.Name);
            _sent += ids.Count;
            if (PassThru)
            {
                WriteObject(ids, enumerateCollection: true);
            }
        }

        _bodies.Clear();
    }
}
