using System.Globalization;
using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Moving;
using LoginEtl.Ports;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Move-LoginMessage: sends messages of a dead-letter queue back to their queue. What a run has written or quarantined is
/// deleted, and not sent; what is sent is written once, also where a move was killed and run again. Takes the settings of
/// the runs that read the queue.
/// </summary>
[Cmdlet(VerbsCommon.Move, "LoginMessage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MoveReceipt))]
public sealed class MoveLoginMessageCmdlet : JobCmdlet
{
    // A dry run settles nothing, so a full cap would never empty again.
    private bool _isDryRun;

    /// <summary>Name, URL or ARN of the queue that they are in; the dead-letter queue of the one that they go to when not given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("QueueUrl")]
    [Given<SettingText>]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public SettingText? From { get; set; }

    /// <summary>Name, URL or ARN of the queue that they go to; LOGINETL_QUEUE when not given.</summary>
    [Parameter]
    [Alias("To")]
    [Given<SettingText>]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public override SettingText? Queue { get; set; }

    /// <summary>Which are moved, by a script block that is given each as $_ and makes true or false; all when not given. The others are left.</summary>
    [Parameter]
    [MessageFilter]
    public MessageFilter? Where { get; set; }

    /// <summary>Most messages sent a second, so that what reads the queue is not flooded; as fast as it goes when not given.</summary>
    [Parameter]
    [Given<int>]
    [InRange(1, int.MaxValue)]
    public int? MaxMessagesPerSecond { get; set; }

    /// <summary>Ends after this many messages.</summary>
    [Parameter]
    [Given<long>]
    [InRange(1, long.MaxValue)]
    public long? MaxMessages { get; set; }

    /// <summary>How long the queue must look empty before the run ends, such as 90s; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? DrainWindow { get; set; }

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
    public SettingText? IdentityFrom { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => "queues, from Get-LoginQueue";

    /// <inheritdoc/>
    protected override bool NeedsInput => false;

    /// <inheritdoc/>
    protected override object? Input => From;

    // Entries of the quarantine and others have properties of such names, too.
    /// <inheritdoc/>
    private protected override bool IsForOthers(UnfitInput unfit) => unfit.TakenBy is not null;

    /// <inheritdoc/>
    protected override void Process()
    {
        Guard(() => StopSignal.ThrowIfStopped());
        var to = LookAt(Guard(QueueSettings));
        var from = LookAt(Guard(() => From is null ? QueueSettings(DeadLettersOf(to)) : QueueSettings(EnvironmentSettings.Require(From.Reveal(), EnvironmentSettings.QueueVariable, "-From"))));
        Guard(() => RequirePair(from, to));
        var does = ShouldProcess(
            $"Move messages from {from.Name} to {to.Name}.", $"Move messages from {from.Name} to {to.Name}?", null, out var reason);
        _isDryRun = !does && reason.HasFlag(ShouldProcessReason.WhatIf);
        if (does || _isDryRun)
        {
            Move(from, to);
        }
    }

    private void Move(LoginQueue from, LoginQueue to)
    {
        var methods = Guard(Methods);
        var decoding = Guard(() => DecodingParameters.Read(Envelope, IdentityFrom));
        var keyring = Own(Guard(OpenKeyring));
        var database = Guard(ConnectionSettings);
        // What a run would refuse is not sent to it.
        var ledger = Own(Await(() => Connectors.Database.OpenLedgerAsync(database, SinkOptions(methods), StopToken), Table));
        var sender = Own(Await(() => Connectors.Queue.SendToAsync(QueueSettings(to.QueueUrl), StopToken), to.Name));
        using var pump = new PipelinePump();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        using var signal = StopSignal.Register(stop.Cancel);
        var stopped = CancellationToken.None;
        var all = new MovedBatch(0, 0, 0);
        var options = new MoveOptions
        {
            MaxMessagesPerSecond = MaxMessagesPerSecond,
            DryRun = _isDryRun,
            Where = Where is { } filter ? login => pump.Ask(() => filter.Takes(this, login), stopped) : null,
            Moved = batch => pump.Post(() =>
            {
                all = new MovedBatch(all.Moved + batch.Moved, all.AlreadyWritten + batch.AlreadyWritten, all.AlreadyQuarantined + batch.AlreadyQuarantined);
                if (!StopToken.IsCancellationRequested)
                {
                    WriteVerbose(string.Create(CultureInfo.InvariantCulture, $"{batch.Moved} messages moved, {batch.AlreadyWritten} were written already, {batch.AlreadyQuarantined} quarantined."));
                }
            }),
        };
        var receive = new ReceiveOptions
        {
            MaxMessages = _isDryRun ? Math.Min(MaxHeld, MaxMessages ?? long.MaxValue) : MaxMessages,
            DrainWindow = DrainWindow,
            MaxHeld = MaxHeld,
            Decoding = decoding,
            KeepsAttributes = true,
        };
        var receipt = Guard(
            () => pump.Run(
                async ended =>
                {
                    stopped = ended;
                    var source = await Connectors.Queue.ReceiveFromAsync(QueueSettings(from.QueueUrl), receive, ended).ConfigureAwait(false);
                    return await new MessageMove(sender, ledger, keyring, options).RunAsync(source, ended).ConfigureAwait(false);
                },
                stop.Token),
            from.Name);
        if (_isDryRun)
        {
            WriteHostLine(string.Create(CultureInfo.InvariantCulture, $"What if: {all.Moved} messages would be moved; {all.AlreadyWritten} were written already and {all.AlreadyQuarantined} quarantined, and would be deleted."));
        }

        WriteObject(receipt);
        if (receipt.GetFault() is { } fault)
        {
            WriteError(FaultRecord.Of(fault, from.Name));
        }
    }

    private LoginQueue LookAt(QueueSettings settings) =>
        Await(() => Connectors.Queue.ListAsync(settings, "", null, StopToken), EnvironmentSettings.QueueName(settings.Queue))[0];

    private static string DeadLettersOf(LoginQueue queue) => queue.DeadLetterQueueUrl ?? throw new LoginEtlException(
        ErrorId.MoveImpossible, $"-From was not given, and the queue {queue.Name} has no dead-letter queue.", "Name the queue that the messages are in with -From.");

    private static bool RequirePair(LoginQueue from, LoginQueue to) =>
        from.QueueUrl == to.QueueUrl ? throw new LoginEtlException(
            ErrorId.MoveImpossible, $"The queue {to.Name} is where the messages are, and where they are to go.", "Name another with -From or -To.")
        : from.IsFifo != to.IsFifo ? throw new LoginEtlException(
            ErrorId.MoveImpossible, $"Of the queues {from.Name} and {to.Name} one is a FIFO queue, and the other is none: a run would not know a message again that it had in the other.",
            "Move to a queue of the same kind; Receive-LoginMessage -Queue takes logins straight out of any queue.")
        : true;
}
