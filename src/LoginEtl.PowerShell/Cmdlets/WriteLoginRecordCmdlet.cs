using System.Collections.Concurrent;
using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Versions;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Write-LoginRecord: writes batches, commits, then deletes the messages. Takes only what is protected.</summary>
[Cmdlet(VerbsCommunications.Write, "LoginRecord", SupportsShouldProcess = true)]
[OutputType(typeof(ProtectedLogin))]
public sealed class WriteLoginRecordCmdlet : DatabaseCmdlet
{
    private const string Records = "protected logins from Protect-LoginPii";
    private readonly ConcurrentQueue<BatchReport> _written = new();
    private readonly RunCounts _wouldBe = new();
    private IRecordSink? _sink;
    private BatchWriter? _writer;
    private RunProgress _progress = null!;
    private bool _receiptGiven;
    private bool _dryRun;
    private bool _declined;
    private long _taken;

    /// <summary>Records and sealed rejects from Protect-LoginPii.</summary>
    [Parameter(ValueFromPipeline = true)]
    [LiveObject<ProtectedLogin>(Records)]
    public ProtectedLogin? InputObject { get; set; }

    /// <summary>Rows a batch.</summary>
    [Parameter]
    [Given<int>]
    [InRange(1, BatchOptions.MostRows)]
    public int BatchSize { get; set; } = new BatchOptions().BatchSize;

    /// <summary>Longest time a row waits for its batch to fill, such as 500ms; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan FlushInterval { get; set; } = new BatchOptions().FlushInterval;

    /// <summary>How long an outage is waited for, such as 10m; a number is seconds. A minute when not given, and as long as it takes where -Wait is given, too.</summary>
    [Parameter]
    [Duration]
    public TimeSpan RetryFor { get; set; } = ReceiveOptions.DefaultRetryFor;

    /// <summary>How versions are encoded.</summary>
    [Parameter]
    [Given<AppVersionFormat>]
    public AppVersionFormat AppVersionFormat { get; set; }

    /// <summary>What happens to a value longer than its column.</summary>
    [Parameter]
    [Given<TooLongAction>]
    public TooLongAction OnTooLong { get; set; }

    /// <summary>What happens to a row whose own unique key is there already.</summary>
    [Parameter]
    [Given<ConflictAction>]
    public ConflictAction OnConflict { get; set; }

    /// <summary>The unique constraint or index that -OnConflict is about, where the table has several.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(UniqueKeyCompleter))]
    public SettingText? ConflictKey { get; set; }

    /// <summary>
    /// What a bad message means for the later messages of its group, in a FIFO queue: HoldGroup sends it and them back in
    /// their order, instead of quarantining it.
    /// </summary>
    [Parameter]
    [Given<BadInGroupAction>]
    public BadInGroupAction OnBadInGroup { get; set; }

    /// <summary>What rows mean that a trigger keeps out of the table or routes: a warning and exit code 2, or nothing more than their count.</summary>
    [Parameter]
    [Given<SuppressedAction>]
    public SuppressedAction OnSuppressed { get; set; }

    /// <summary>
    /// Goes on under a key that the database has never seen, and registers it. Without, nothing is written under it
    /// (KeyNotKnown): the keyset may be one that was made in the place of another, and its rows would join with nothing.
    /// </summary>
    [Parameter]
    public SwitchParameter NewKey { get; set; }

    /// <summary>
    /// Largest share of rejects, 0 to 1, before the run stops and quarantines nothing more; 1 goes on even where all
    /// is refused alike.
    /// </summary>
    [Parameter]
    [Given<double>]
    [InRange(0, 1)]
    public double? MaxRejectRatio { get; set; }

    /// <summary>Most logins of a dry run (-WhatIf), which holds them until its end; it ends, too, where -MaxHeld is full.</summary>
    [Parameter]
    [Given<long>]
    [InRange(1, long.MaxValue)]
    public long WhatIfLimit { get; set; } = 10_000;

    /// <summary>Emits what was new, after commit and delete.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Name of a variable that gets the receipt; where the pipeline does not come to its end, one of what was done until then.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [VariableName]
    public string? ReceiptVariable
    {
        get => Slot.Variable;
        set => Slot.Variable = value;
    }

    private ReceiptSlot Slot => field ??= new ReceiptSlot(this);

    /// <inheritdoc/>
    protected override string? Takes => Records;

    /// <inheritdoc/>
    protected override object? Input => InputObject;

    /// <inheritdoc/>
    protected override void Begin()
    {
        (_dryRun, _declined) = AskToWrite(Table);

        var settings = ConnectionSettings();
        _progress = new RunProgress(this, $"{Table}");
        var options = new SinkOptions
        {
            AppVersionFormat = AppVersionFormat,
            OnTooLong = OnTooLong,
            OnConflict = OnConflict,
            ConflictKey = ConflictKey?.Reveal(),
            MaxRejectRatio = MaxRejectRatio,
            OnBadInGroup = OnBadInGroup,
            OnSuppressed = OnSuppressed,
            NewKey = NewKey,
            DryRun = _dryRun,
            RetryFor = RetryFor,
        };
        _sink = Own(Await(() => Connectors.Database.WriteToAsync(settings, options, StopToken), Table));
        var notices = _declined ? [] : Await(() => _sink.BeginRunAsync(source: null, StopToken), Table);
        // Closed after the writer, which returns what it holds, and before the sink.
        Own(new RunEnding(() => _sink.EndRunAsync(ReceiptSlot.Unended(_writer!.Receipt(), StopToken.IsCancellationRequested))));
        _writer = Own(new BatchWriter(_sink, new BatchOptions { BatchSize = BatchSize, FlushInterval = FlushInterval, DryRun = _dryRun })
        {
            BatchWritten = _written.Enqueue,
        });
        // By now a warning that ends the pipeline ends the run, too.
        foreach (var notice in notices)
        {
            WriteWarning(notice);
        }
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        var login = InputObject!;
        if (_declined || (_dryRun && ++_taken > WhatIfLimit))
        {
            Stop(login);
            return;
        }

        if (!Await(() => _writer!.AddAsync(login, StopToken).AsTask(), login.MessageId))
        {
            // Of a variable that was kept all are so: one error, and the receipt counts them.
            if (_writer!.NotHeld == 1)
            {
                WriteError(FaultRecord.Of(DeliveryNotHeld.Of(login), login.MessageId));
            }
        }

        // It settles nothing, so a full cap would never empty again.
        if (_dryRun && (_taken == WhatIfLimit || login.GetDelivery() is QueueDelivery { Book.Room: 0 }))
        {
            Stop(login);
        }

        ReportBatches();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Await(() => _writer!.CompleteAsync(StopToken), Table);
        ReportBatches();

        // Every Receive of this pipeline has ended before: what is still held was dropped on the way and goes back.
        Await(() => _writer!.CloseRunsAsync(PipelineName));
        GiveReceipt();
    }

    /// <inheritdoc/>
    protected override void Failing(LoginEtlException fault)
    {
        if (_writer is not { } writer)
        {
            return;
        }

        writer.FailRunsAsync(fault).GetAwaiter().GetResult();
        while (_written.TryDequeue(out var batch))
        {
            Warn(batch);
        }

        GiveReceipt();
    }

    /// <inheritdoc/>
    protected override void CleanedUp()
    {
        if (!_receiptGiven && !_dryRun && _writer is { } writer)
        {
            Slot.FillUnended(writer.Receipt(), StopToken.IsCancellationRequested);
        }
    }

    private void ReportBatches()
    {
        while (_written.TryDequeue(out var batch))
        {
            WriteVerbose(BatchText.Of(batch));
            Warn(batch);
            _progress.Add(batch);
            if (_dryRun)
            {
                _wouldBe.Add(batch.Outcomes);
                continue;
            }

            for (var i = 0; PassThru && i < batch.Logins.Count; i++)
            {
                if (batch.Outcomes[i] is Outcome.Written or Outcome.Updated)
                {
                    WriteObject(batch.Logins[i]);
                }
            }
        }
    }

    // Bodies that do not decode were warned of where they were rejected.
    private void Warn(BatchReport batch)
    {
        foreach (var warning in BatchText.WarningsOfWriting(batch))
        {
            WriteWarning(warning);
        }
    }

    /// <summary>What nobody will write stays in its queue.</summary>
    private static void Stop(ProtectedLogin login)
    {
        if (login.GetDelivery() is QueueDelivery { Book.Run: { } run })
        {
            run.Stop();
        }
    }

    /// <summary>Ends a run whose pipeline did not come to its end.</summary>
    private sealed class RunEnding(Func<Task> end) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await end().ConfigureAwait(false);
    }

    private void GiveReceipt()
    {
        if (_receiptGiven)
        {
            return;
        }

        _receiptGiven = true;
        _progress.Complete();
        var receipt = _writer!.Receipt();
        receipt = receipt with { Link = _sink!.EndRunAsync(receipt).GetAwaiter().GetResult() };
        if (_dryRun)
        {
            WriteHostLine(BatchText.WhatIf(_wouldBe));
        }

        WriteInformation(receipt, ["LoginEtl", "Receipt"]);
        Slot.Fill(receipt);
    }
}
