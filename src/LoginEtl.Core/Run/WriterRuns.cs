using LoginEtl.Faults;

namespace LoginEtl.Run;

/// <summary>The runs that feed one writer. It holds them, fails and ends with them, and tells their receipts. Thread-safe.</summary>
internal sealed class WriterRuns
{
    private readonly Lock _lock = new();
    private readonly HashSet<ReceivingRun> _held = [];
    private readonly HashSet<ReceivingRun> _claimedFrom = [];
    private readonly HashSet<ReceivingRun> _closed = [];
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;
    private volatile LoginEtlException? _fault;
    private volatile bool _left;

    /// <summary>What ended the writing; null while all is well.</summary>
    public LoginEtlException? Fault => _fault;

    /// <summary>Claims a delivery for this writer and holds its run. False when the delivery is no longer held.</summary>
    /// <exception cref="LoginEtlException">The writing has failed.</exception>
    /// <exception cref="InvalidOperationException">No run received it.</exception>
    /// <exception cref="ObjectDisposedException">The writer has let go.</exception>
    public bool Claim(QueueDelivery delivery)
    {
        var run = delivery.Run;
        lock (_lock)
        {
            // Under the lock: a run that joins is failed and released with the others, or is told here.
            ThrowIfFailed();
            ThrowIfLeft();
            if (!_held.Contains(run))
            {
                if (!run.TryHold())
                {
                    return false;
                }

                _held.Add(run);
            }

            if (!run.Book.Claim(delivery))
            {
                return false;
            }

            _claimedFrom.Add(run);
            return true;
        }
    }

    /// <exception cref="LoginEtlException">The writing has failed.</exception>
    public void ThrowIfFailed()
    {
        if (_fault is { } fault)
        {
            throw fault;
        }
    }

    /// <exception cref="ObjectDisposedException">The writer has let go.</exception>
    public void ThrowIfLeft() => ObjectDisposedException.ThrowIf(_left, typeof(BatchWriter));

    /// <summary>The first fault stays; every run receives no more.</summary>
    public void Fail(LoginEtlException fault)
    {
        IReadOnlyCollection<ReceivingRun> runs;
        lock (_lock)
        {
            _fault ??= fault;
            runs = [.. _held];
        }

        foreach (var run in runs)
        {
            run.Fail(fault);
        }
    }

    /// <summary>All that the runs hold goes back to their queues, because of this fault. Never throws.</summary>
    public async Task ReturnAllAsync(LoginEtlException fault)
    {
        foreach (var run in Held())
        {
            run.Fail(fault);
            await CloseAsync(run, evenClaimed: true).ConfigureAwait(false);
        }
    }

    /// <summary>What nobody claimed goes back, for the runs that end with a writer in this pipeline. Never throws.</summary>
    public async Task CloseAsync(string? pipeline)
    {
        foreach (var run in Held().Where(r => r.MayBeClosedFrom(pipeline)))
        {
            await CloseAsync(run, evenClaimed: false).ConfigureAwait(false);
        }
    }

    /// <summary>From here on no run joins. False when that was so already.</summary>
    public bool Leave()
    {
        lock (_lock)
        {
            var first = !_left;
            _left = true;
            return first;
        }
    }

    /// <summary>Lets go of all runs.</summary>
    public async Task ReleaseAsync()
    {
        foreach (var run in Held())
        {
            await run.ReleaseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Of the runs and the lines of text, where the runs ended here; otherwise of what came to the writer, because others
    /// settle the rest. A run of which nothing could be claimed is another writer's.
    /// </summary>
    public Receipt Receipt(WriterCounts lines, WriterCounts all)
    {
        List<ReceivingRun> runs;
        bool haveEnded;
        lock (_lock)
        {
            runs = [.. _claimedFrom];
            haveEnded = runs.All(_closed.Contains);
        }

        var receipts = haveEnded ? runs.Select(r => r.Receipt()).ToList() : [];
        var own = (haveEnded ? lines : all).Counts();
        if (own.Received > 0 || receipts.Count == 0)
        {
            var source = runs.Count > 0 ? string.Join(", ", runs.Select(r => r.Name).Distinct()) : own.Received > 0 ? "text" : "nothing received";
            receipts.Add(Run.Receipt.From(
                source, RunState.Completed, _startedAt, DateTimeOffset.UtcNow - _startedAt, own));
        }

        var receipt = Run.Receipt.Sum(receipts);
        return _fault is null ? receipt : receipt.FailedBy(_fault);
    }

    private async Task CloseAsync(ReceivingRun run, bool evenClaimed)
    {
        await run.ReturnUnsettledAsync(evenClaimed, CancellationToken.None).ConfigureAwait(false);
        lock (_lock)
        {
            _closed.Add(run);
        }
    }

    private List<ReceivingRun> Held()
    {
        lock (_lock)
        {
            return [.. _held];
        }
    }
}
