using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Receive-LoginMessage: emits the logins of a queue, held until they are settled or the pipeline ends. Queues that are piped in are received from one after the other.</summary>
[Cmdlet(VerbsCommunications.Receive, "LoginMessage")]
[OutputType(typeof(LoginMessage), typeof(RejectedLogin))]
public sealed class ReceiveLoginMessageCmdlet : QueueCmdlet
{
    private readonly List<ReceivingRun> _runs = [];
    private readonly HashSet<QueueDelivery> _given = [];

    /// <summary>Name, URL or ARN of the queue; LOGINETL_QUEUE when not given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("QueueUrl")]
    [Given<SettingText>]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public override SettingText? Queue { get; set; }

    /// <summary>Goes on for ever instead of ending when the queue is drained.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>
    /// Keeps the messages when the pipeline ends, for this session to settle: with Write-LoginRecord, Confirm-LoginMessage or
    /// Reset-LoginMessage. What is left when the session ends comes again after the queue's visibility timeout, or after 11 hours.
    /// </summary>
    [Parameter]
    public SwitchParameter Hold { get; set; }

    /// <summary>Ends after this many messages.</summary>
    [Parameter]
    [Given<long>]
    [InRange(1, long.MaxValue)]
    public long? MaxMessages { get; set; }

    /// <summary>Ends after this time, such as 5m; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? MaxDuration { get; set; }

    /// <summary>How long the queue must look empty before the run ends, such as 90s; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? DrainWindow { get; set; }

    /// <summary>Longest wait for messages that other consumers hold, such as 5m; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan DrainTimeout { get; set; } = new ReceiveOptions().DrainTimeout;

    /// <summary>How long an outage is waited for, such as 10m; a number is seconds. A minute when not given, and as long as it takes where -Wait is given, too.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? RetryFor { get; set; }

    /// <summary>Concurrent long polls; as many as bring more, up to 64, when not given.</summary>
    [Parameter]
    [Given<int>]
    [InRange(1, ReceiveOptions.MostReceivers)]
    public int? Receivers { get; set; }

    /// <summary>Most messages held at a time.</summary>
    [Parameter]
    [Given<int>]
    [InRange(1, ReceiveOptions.MostHeld)]
    public int MaxHeld { get; set; } = new ReceiveOptions().MaxHeld;

    /// <summary>
    /// Whether a login is taken out of an SNS notification, an EventBridge event or a JSON string that holds an object, two
    /// layers at most; Auto does, None takes bodies as they are. LOGINETL_ENVELOPE, else Auto, when not given.
    /// </summary>
    [Parameter]
    [Given<Envelope>]
    public Envelope? Envelope { get; set; }

    /// <summary>
    /// What makes two messages the same one: MessageId, Envelope (its id, or the message's own where there is none),
    /// Attribute:NAME or Field:NAME. LOGINETL_IDENTITY_FROM, else Envelope, when not given.
    /// </summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? IdentityFrom { get; set; }

    /// <summary>Most bytes of messages held at a time, such as 512MB; a quarter of the memory that the process may use, 512MB at most, when not given.</summary>
    [Parameter]
    [Given<long>]
    [InRange(1, long.MaxValue)]
    public long? MaxHeldBytes { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => "queues, from Get-LoginQueue";

    /// <inheritdoc/>
    protected override bool NeedsInput => false;

    /// <inheritdoc/>
    protected override object? Input => Queue;

    // Entries of the quarantine and others have a property Queue, too.
    /// <inheritdoc/>
    private protected override bool IsForOthers(UnfitInput unfit) => unfit.TakenBy is not null;

    // In ProcessRecord, and not in Begin: by now every cmdlet downstream has connected.
    /// <inheritdoc/>
    protected override void Process()
    {
        Guard(() => StopSignal.ThrowIfStopped());
        // Asked once: formatting a line a message for nobody would cost as much as decoding it.
        var debug = MyInvocation.BoundParameters.ContainsKey("Debug")
            || GetVariableValue("DebugPreference") is not (null or ActionPreference.SilentlyContinue or ActionPreference.Ignore);
        var settings = Guard(QueueSettings);
        var decoding = Guard(() => DecodingParameters.Read(Envelope, IdentityFrom));
        var options = new ReceiveOptions
        {
            WaitForever = Wait,
            MaxMessages = MaxMessages,
            MaxDuration = MaxDuration,
            DrainWindow = DrainWindow,
            DrainTimeout = DrainTimeout,
            RetryFor = ReceiveOptions.RetryForOf(RetryFor, Wait),
            Receivers = Receivers,
            MaxHeld = MaxHeld,
            Decoding = decoding,
            MaxHeldBytes = MaxHeldBytes ?? LoginEtl.Settings.ReceiveOptions.DefaultMaxHeldBytes,
        };
        var run = new ReceivingRun(Await(() => Connectors.Queue.ReceiveFromAsync(settings, options, StopToken), EnvironmentSettings.QueueName(settings.Queue)))
        {
            Pipeline = PipelineName,
            IsKept = Hold,
        };
        _runs.Add(run);
        Own(StopSignal.Register(run.Stop));
        while (Await(() => run.ReceiveAsync(StopToken), run.Name) is { Count: > 0 } logins)
        {
            foreach (var login in logins)
            {
                if (debug)
                {
                    WriteDebug($"Message {login.MessageId} received, delivery {login.ReceiveCount}.");
                }

                Rejects.Warn(this, login);
                if (Hold)
                {
                    _given.Add((QueueDelivery)login.GetDelivery());
                }

                WriteObject(login);
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task CleanUpAsync()
    {
        await base.CleanUpAsync().ConfigureAwait(false);
        foreach (var run in _runs)
        {
            await (Hold ? run.LeaveHoldingAsync(_given) : run.LeaveAsync()).ConfigureAwait(false);
        }
    }
}
