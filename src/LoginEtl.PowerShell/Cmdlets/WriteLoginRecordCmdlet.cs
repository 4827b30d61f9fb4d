using System.Collections.Concurrent;
using System.Management.Automation;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Records;
using LoginEtl.Running;
using LoginEtl.Settlement;
using LoginEtl.Versions;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Write-LoginRecord: writes batches, commits, then deletes the messages. Takes only what is protected.</summary>
[Cmdlet(VerbsCommunications.Write, "LoginRecord")]
[OutputType(typeof(ProtectedLogin))]
public sealed class WriteLoginRecordCmdlet : DatabaseCmdlet
{
    private readonly ConcurrentQueue<BatchReport> _written = new();
    private IRecordSink? _sink;
    private BatchWriter? _writer;
    private RunProgress _progress = null!;
    private bool _receiptGiven;

    /// <summary>Records and sealed rejects from Protect-LoginPii.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [LiveObject]
    [ValidateNotNull]
    public ProtectedLogin? InputObject { get; set; }

    /// <summary>Rows a batch.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int BatchSize { get; set; } = new BatchOptions().BatchSize;

    /// <summary>Longest time a row waits for its batch to fill; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan FlushInterval { get; set; } = new BatchOptions().FlushInterval;

    /// <summary>How versions are encoded.</summary>
    [Parameter]
    public AppVersionFormat AppVersionFormat { get; set; }

    /// <summary>What happens to a value longer than its column.</summary>
    [Parameter]
    public TooLong OnTooLong { get; set; }

    /// <summary>What happens to a row whose own unique key is there already.</summary>
    [Parameter]
    public ConflictAction OnConflict { get; set; }

    /// <summary>The unique constraint or index that -OnConflict is about, where the table has several.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ConflictKey { get; set; }

    /// <summary>Largest share of rejects, 0 to 1, before the run stops and quarantines nothing more.</summary>
    [Parameter]
    [ValidateRange(0.0, 1.0)]
    public double? MaxRejectRatio { get; set; }

    /// <summary>Emits what was new, after commit and delete.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Name of a variable that gets the receipt.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ReceiptVariable { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        var settings = ConnectionSettings();
        _progress = new RunProgress(this, Table);
        var options = new SinkOptions
        {
            AppVersionFormat = AppVersionFormat,
            OnTooLong = OnTooLong,
            OnConflict = OnConflict,
            ConflictKey = ConflictKey,
            MaxRejectRatio = MaxRejectRatio,
        };
        _sink = Await(() => Connectors.Database.WriteToAsync(settings, options, StopToken), Table);
        _writer = new BatchWriter(_sink, new BatchOptions { BatchSize = BatchSize, FlushInterval = FlushInterval })
        {
            BatchWritten = _written.Enqueue,
        };
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var login = InputObject!;
        if (!Await(() => _writer!.AddAsync(login, StopToken).AsTask(), login.MessageId))
        {
            WriteError(FaultRecord.Of(DeliveryNotHeld.Of(login), login.MessageId));
        }

        ReportBatches();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Await(() => _writer!.CompleteAsync(StopToken), Table);
        ReportBatches();

        // Every Receive upstream has ended before: what is still held was dropped on the way and goes back.
        foreach (var run in _writer!.Runs.Where(r => r.ReceivingEnded))
        {
            Await(() => run.ReturnUnsettledAsync(evenClaimed: false, CancellationToken.None));
        }

        GiveReceipt();
    }

    /// <inheritdoc/>
    protected override void Failing(LoginEtlException fault)
    {
        if (_writer is not { } writer)
        {
            return;
        }

        foreach (var run in writer.Runs)
        {
            run.Fail(fault);
            run.ReturnUnsettledAsync(evenClaimed: true, CancellationToken.None).GetAwaiter().GetResult();
        }

        GiveReceipt();
    }

    /// <inheritdoc/>
    protected override async Task CleanUpAsync()
    {
        if (_writer is not null)
        {
            await _writer.DisposeAsync().ConfigureAwait(false);
        }

        if (_sink is not null)
        {
            await _sink.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void ReportBatches()
    {
        while (_written.TryDequeue(out var batch))
        {
            WriteVerbose(BatchText.Of(batch));
            _progress.Add(batch);
            for (var i = 0; PassThru && i < batch.Logins.Count; i++)
            {
                if (batch.Outcomes[i] is Outcome.Written or Outcome.Updated)
                {
                    WriteObject(batch.Logins[i]);
                }
            }
        }
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
        WriteInformation(receipt, ["LoginEtl", "Receipt"]);
        if (ReceiptVariable is not null)
        {
            SessionState.PSVariable.Set(ReceiptVariable, receipt);
        }
    }
}
