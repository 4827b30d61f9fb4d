using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Telemetry;

namespace LoginEtl.Run;

/// <summary>
/// Gathers logins into batches and writes them on a background task, when full or when the oldest has waited long
/// enough. At most one batch is in a transaction, one waits and one fills. A failure surfaces at the next call and ends
/// the runs that feed it.
/// </summary>
public sealed class BatchWriter : IAsyncDisposable
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    private readonly BatchCommit _commit;
    private readonly BatchBuffer _buffer;
    private readonly CancellationTokenSource _stop;
    private readonly WriterRuns _runs = new();
    private readonly RunGauges _lines;
    private readonly Task _writing;
    private long _notHeld;

    /// <summary>Starts the background task. The sink stays the caller's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A batch size below 1, or a negative interval that is not infinite.</exception>
    public BatchWriter(IRecordSink sink, BatchOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        options ??= new BatchOptions();
        _commit = new BatchCommit(sink, options.DryRun);
        _buffer = new BatchBuffer(options);
        _stop = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.Time);
        _lines = new RunGauges(null, () => _commit.Lines.Counts().Measured);
        RunMetrics.Begin(_lines);
        _writing = Task.Run(WriteBatchesAsync);
    }

    /// <summary>Called on the background task after a batch has committed and its messages are deleted.</summary>
    public Action<BatchReport>? BatchWritten { get; set; }

    /// <summary>How many logins were left out because their delivery was not held any more.</summary>
    public long NotHeld => Interlocked.Read(ref _notHeld);

    /// <summary>What ended the writing; null while all is well.</summary>
    public LoginEtlException? Fault => _runs.Fault;

    /// <summary>
    /// Returns to their queues what was received and never came here, for the runs that end with this writer; call it
    /// when all is written. Never throws.
    /// </summary>
    /// <param name="pipeline">Names the writer's pipeline; null outside of pipelines.</param>
    public Task CloseRunsAsync(string? pipeline) => _runs.CloseAsync(pipeline);

    /// <summary>The runs that feed this writer fail with it: all they hold goes back to their queues. Never throws.</summary>
    public Task FailRunsAsync(LoginEtlException fault) => _runs.ReturnAllAsync(fault);

    /// <summary>
    /// The receipt: of the runs and the lines of text, where the runs ended with this writer; otherwise of what came
    /// here, because others settle the rest.
    /// </summary>
    public Receipt Receipt() => _runs.Receipt(_commit.Lines, _commit.All) with { NotHeld = NotHeld };

    /// <summary>
    /// Adds one login; waits while a full batch is waiting, and has taken nothing when that wait is cancelled. False when
    /// its delivery is no longer held (its pipeline has ended and it went back to the queue): it is left out and will
    /// come again.
    /// </summary>
    /// <exception cref="LoginEtlException">The writing has failed.</exception>
    /// <exception cref="InvalidOperationException">The writer was completed, or no run received the delivery.</exception>
    /// <exception cref="ObjectDisposedException">The writer was disposed; nothing was taken.</exception>
    public async ValueTask<bool> AddAsync(ProtectedLogin login, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(login);
        await _buffer.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
        if (!Claim(login.GetDelivery()))
        {
            Interlocked.Increment(ref _notHeld);
            return false;
        }

        if (_buffer.TryAdd(login))
        {
            return true;
        }

        LeaveOut([login]);
        _runs.ThrowIfFailed();
        // Disposed between the claim and here, or before a line of text came.
        _runs.ThrowIfLeft();
        throw new InvalidOperationException("The writer was completed and takes nothing more.");
    }

    /// <summary>Writes what is left and waits until all of it is committed and deleted.</summary>
    /// <exception cref="LoginEtlException">The writing has failed.</exception>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        _buffer.Close();
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        _runs.ThrowIfFailed();
    }

    /// <summary>
    /// Ends without writing what is only buffered. A transaction under way gets two seconds to commit and delete, and is
    /// rolled back then. Lets go of the runs; a second call does nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (!_runs.Leave())
        {
            return;
        }

        LeaveOut(_buffer.Drop());
        _stop.CancelAfter(StopGrace);
        await _writing.ConfigureAwait(false);
        _stop.Dispose();
        RunMetrics.End(_lines);
        await _runs.ReleaseAsync().ConfigureAwait(false);
    }

    private bool Claim(Delivery delivery)
    {
        if (delivery is QueueDelivery queued)
        {
            if (!_runs.Claim(queued))
            {
                return false;
            }
        }
        else
        {
            _runs.ThrowIfFailed();
            _commit.Lines.Admit();
        }

        _commit.All.Admit();
        return true;
    }

    private async Task WriteBatchesAsync()
    {
        var finishing = Task.CompletedTask;
        try
        {
            while (await _buffer.TakeAsync().ConfigureAwait(false) is { } batch)
            {
                CommittedBatch committed;
                try
                {
                    committed = await _commit.CommitAsync(batch, _stop.Token).ConfigureAwait(false);
                }
                catch (LoginEtlException e) when (e.Error == ErrorId.KeyRetired && _commit.WouldBeMaskedAgain && CanComeAgain(batch))
                {
                    await SendBackAsync(batch).ConfigureAwait(false);
                    continue;
                }

                // One batch of deletes at a time runs beside the next transaction.
                await finishing.ConfigureAwait(false);
                finishing = FinishAsync(committed);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed: the batch was rolled back, and its messages go back to the queue.
        }
        catch (Exception e)
        {
            Fail(e as LoginEtlException ?? LoginEtlException.Unexpected(e));
        }

        await finishing.ConfigureAwait(false);
    }

    // Lines of text come once, and what comes again of a group would be behind its later messages.
    private static bool CanComeAgain(IReadOnlyList<ProtectedLogin> batch) =>
        batch.All(l => l.GetDelivery() is QueueDelivery { Group: null });

    private static async Task SendBackAsync(IReadOnlyList<ProtectedLogin> batch)
    {
        foreach (var deliveries in batch.Select(l => (QueueDelivery)l.GetDelivery()).GroupBy(d => d.Run))
        {
            await deliveries.Key.ReturnAsync(deliveries.Key.Book.TakeToComeAgain(deliveries), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task FinishAsync(CommittedBatch committed)
    {
        try
        {
            await committed.Deleted.ConfigureAwait(false);
            BatchWritten?.Invoke(committed.Report);
        }
        catch (Exception e)
        {
            Fail(e as LoginEtlException ?? new LoginEtlException(
                ErrorId.SettlementFailed, $"A batch was committed, but what follows failed ({e.GetType().Name}).",
                "Its rows are safe. Messages that are still in the queue come again and are duplicates then: run again."));
        }
    }

    private void Fail(LoginEtlException fault)
    {
        _runs.Fail(fault);
        LeaveOut(_buffer.Drop());
    }

    /// <summary>What will not be written: deliveries go back with their runs, lines stand in their files still.</summary>
    private void LeaveOut(IReadOnlyList<ProtectedLogin> logins)
    {
        _commit.All.Settle(Outcome.Returned, logins.Count);
        _commit.Lines.Settle(Outcome.Returned, logins.Count(l => l.GetDelivery() is not QueueDelivery));
    }
}
