using System.Threading.Channels;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Settlement;

namespace LoginEtl.Running;

/// <summary>
/// Gathers logins into batches and writes them on a background task, when full or when the oldest has waited long
/// enough. At most one batch is in a transaction, one waits and one fills. A failure surfaces at the next call and ends
/// the runs that feed it.
/// </summary>
public sealed class BatchWriter : IAsyncDisposable
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    private readonly BatchCommit _commit;
    private readonly BatchOptions _options;
    private readonly Channel<List<ProtectedLogin>> _full;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<ReceivingRun> _runs = [];
    private readonly Task _writing;
    private List<ProtectedLogin> _filling;
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;
    private long _fillingSince;
    private long _lines;
    private bool _disposed;
    private volatile LoginEtlException? _fault;

    /// <summary>Starts the background task. The sink stays the caller's.</summary>
    public BatchWriter(IRecordSink sink, BatchOptions? options = null)
    {
        _commit = new BatchCommit(sink);
        _options = options ?? new BatchOptions();
        _filling = new List<ProtectedLogin>(_options.BatchSize);
        _full = Channel.CreateBounded<List<ProtectedLogin>>(1);
        _writing = Task.Run(WriteBatchesAsync);
    }

    /// <summary>Called on the background task after a batch has committed and its messages are deleted.</summary>
    public Action<BatchReport>? BatchWritten { get; set; }

    /// <summary>What ended the writing; null while all is well.</summary>
    public LoginEtlException? Fault => _fault;

    /// <summary>The runs whose deliveries came here.</summary>
    public IReadOnlyCollection<ReceivingRun> Runs
    {
        get { lock (_lock) { return [.. _runs]; } }
    }

    /// <summary>The receipt of everything that came here, as the books stand.</summary>
    public Receipt Receipt()
    {
        var receipts = Runs.Select(r => r.Receipt()).ToList();
        if (_lines > 0 || receipts.Count == 0)
        {
            var entries = new BookEntries(_lines, _commit.Lines, Undeleted: 0, Open: _lines - _commit.Lines.Total);
            receipts.Add(Settlement.Receipt.From(
                _lines > 0 ? "text" : "nothing received", RunState.Completed, _startedAt, DateTimeOffset.UtcNow - _startedAt, entries, error: null));
        }

        var receipt = ReceiptSum.Of(receipts);
        return _fault is null
            ? receipt
            : receipt with { Outcome = RunState.Failed, Error = $"{_fault.Message} {_fault.Remedy}" };
    }

    /// <summary>
    /// Adds one login; waits while a full batch is waiting. False when its delivery is no longer held (its pipeline has
    /// ended and it went back to the queue): it is left out and will come again.
    /// </summary>
    /// <exception cref="LoginEtlException">The writing has failed.</exception>
    public async ValueTask<bool> AddAsync(ProtectedLogin login, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(login);
        ThrowIfFailed();
        if (!Claim(login.GetDelivery()))
        {
            return false;
        }

        List<ProtectedLogin>? full = null;
        lock (_lock)
        {
            if (_filling.Count == 0)
            {
                _fillingSince = Environment.TickCount64;
            }

            _filling.Add(login);
            if (_filling.Count >= _options.BatchSize)
            {
                full = TakeFilling();
            }
        }

        if (full is not null)
        {
            try
            {
                await _full.Writer.WriteAsync(full, cancellationToken).ConfigureAwait(false);
            }
            catch (ChannelClosedException)
            {
                ThrowIfFailed();
                throw;
            }
        }

        return true;
    }

    /// <summary>Writes what is left and waits until all of it is committed and deleted.</summary>
    /// <exception cref="LoginEtlException">The writing has failed.</exception>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        _full.Writer.TryComplete();
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        ThrowIfFailed();
    }

    /// <summary>
    /// Ends without writing what is only buffered. A transaction under way gets two seconds to commit and delete, and is
    /// rolled back then. Lets go of the runs; a second call does nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        lock (_lock)
        {
            _filling.Clear();
        }

        _full.Writer.TryComplete();
        while (_full.Reader.TryRead(out _))
        {
        }

        _stop.CancelAfter(StopGrace);
        await _writing.ConfigureAwait(false);
        _stop.Dispose();
        foreach (var run in Runs)
        {
            await run.ReleaseAsync().ConfigureAwait(false);
        }
    }

    private bool Claim(Delivery delivery)
    {
        if (delivery is not QueueDelivery { Book: { Run: { } run } book } queued)
        {
            Interlocked.Increment(ref _lines);
            return true;
        }

        lock (_lock)
        {
            if (!_runs.Contains(run))
            {
                if (!run.TryHold())
                {
                    return false;
                }

                _runs.Add(run);
            }
        }

        return book.Claim(queued);
    }

    private List<ProtectedLogin> TakeFilling()
    {
        var full = _filling;
        _filling = new List<ProtectedLogin>(_options.BatchSize);
        return full;
    }

    private async Task WriteBatchesAsync()
    {
        var deleting = Task.CompletedTask;
        try
        {
            while (await NextAsync().ConfigureAwait(false) is { } batch)
            {
                var committed = await _commit.WriteAsync(batch, _stop.Token).ConfigureAwait(false);
                // One batch of deletes at a time runs beside the next transaction.
                await deleting.ConfigureAwait(false);
                deleting = ReportAsync(committed);
            }
        }
        catch (Exception e)
        {
            _fault = e as LoginEtlException ?? LoginEtlException.Unexpected(e);
            _full.Writer.TryComplete();
            foreach (var run in Runs)
            {
                run.Fail(_fault);
            }
        }

        await deleting.ConfigureAwait(false);
    }

    private async Task ReportAsync(CommittedBatch committed)
    {
        await committed.Deleted.ConfigureAwait(false);
        BatchWritten?.Invoke(committed.Report);
    }

    /// <summary>The next full batch, or what has waited long enough, or at the end what is left; then null.</summary>
    private async Task<List<ProtectedLogin>?> NextAsync()
    {
        while (true)
        {
            if (_full.Reader.TryRead(out var full))
            {
                return full;
            }

            var wait = TimeToFlush();
            if (wait <= TimeSpan.Zero || _full.Reader.Completion.IsCompleted)
            {
                lock (_lock)
                {
                    // A full batch that came in between is older and goes first.
                    if (_full.Reader.TryRead(out full))
                    {
                        return full;
                    }

                    return _filling.Count > 0 ? TakeFilling() : null;
                }
            }

            using var due = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            due.CancelAfter(wait);
            try
            {
                await _full.Reader.WaitToReadAsync(due.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
            {
            }
        }
    }

    private TimeSpan TimeToFlush()
    {
        lock (_lock)
        {
            return _filling.Count == 0
                ? _options.FlushInterval
                : _options.FlushInterval - TimeSpan.FromMilliseconds(Environment.TickCount64 - _fillingSince);
        }
    }

    private void ThrowIfFailed()
    {
        if (_fault is { } fault)
        {
            throw fault;
        }
    }
}
