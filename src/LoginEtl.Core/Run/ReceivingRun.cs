using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Telemetry;

namespace LoginEtl.Run;

/// <summary>
/// One receiving run: it decodes what its source delivers and outlives the receiving, until everybody who settles its
/// deliveries has let go of it. Thread-safe but for <see cref="ReceiveAsync"/>, which has one caller.
/// </summary>
public sealed class ReceivingRun
{
    // The second is for what the polls under way brought in when receiving was stopped.
    private const int ReturnRounds = 2;

    // A queue gives a returned message at once. The pause doubles with every delivery, until a redrive policy moves it away.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly IMessageSource _source;
    private readonly Backlog _backlog;
    private readonly RunGauges _gauges;
    private readonly DateTimeOffset _startedAt;
    private readonly TimeProvider _time;
    private int _holders = 1;
    private volatile bool _receiverLeft;

    /// <summary>Takes over <paramref name="source"/>; the caller holds the run and ends with <see cref="ReleaseAsync"/>.</summary>
    public ReceivingRun(IMessageSource source, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _backlog = new Backlog(source);
        _source.Book.Run = this;
        _time = time ?? TimeProvider.System;
        _startedAt = _time.GetUtcNow();
        _gauges = new RunGauges(Name, () => Book.Counts().Measured)
        {
            Held = () => Book.Open,
            HeldBytes = () => Book.HeldBytes,
            Stalled = () => Book.Open == 0 || Book.OnlyHeldBack ? 0 : (long)Book.SinceProgress.TotalSeconds,
            Backlog = () => Backlog,
            State = () => _source.RunEnd.Reason is null ? RunMetrics.Receiving : RunMetrics.Ending,
        };
        RunMetrics.Begin(_gauges);
    }

    /// <summary>The queue's name.</summary>
    public string Name => _source.Name;

    /// <summary>Names the pipeline that the receiver stands in; null outside of pipelines.</summary>
    public string? Pipeline { get; init; }

    /// <summary>Whether what is unsettled stays held when the pipeline ends, for somebody to settle later.</summary>
    public bool IsKept { get; init; }

    /// <summary>Whether everything there was to receive has been handed over.</summary>
    public bool ReceivingEnded { get; private set; }

    /// <summary>The books.</summary>
    public InFlightMessages Book => _source.Book;

    /// <summary>
    /// About how many messages wait in the queue; null while unknown. The queue is asked in the background, every five
    /// seconds at most, and only while this is read.
    /// </summary>
    public long? Backlog => _backlog.Look();

    /// <summary>Waits for messages and decodes them; empty at the end of the run.</summary>
    /// <exception cref="LoginEtlException">The queue, or something downstream, failed for good.</exception>
    public async Task<IReadOnlyList<IncomingLogin>> ReceiveAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ReceivedMessage> messages;
        try
        {
            messages = await _source.ReceiveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (LoginEtlException e)
        {
            _source.RunEnd.Fail(e);
            throw;
        }

        ReceivingEnded = messages.Count == 0;
        var logins = new IncomingLogin[messages.Count];
        for (var i = 0; i < logins.Length; i++)
        {
            var message = messages[i];
            logins[i] = message.Rejection is { } rejection
                ? new RejectedLogin(message.Delivery, message.Body, rejection)
                : LoginDecoder.Decode(message.Delivery, message.Body, _source.Decoding, message.IdentityAttribute);
        }

        MaskingBatch.Join(logins);
        return logins;
    }

    /// <summary>No new polls; what has arrived is still handed over; the receipt says Stopped.</summary>
    public void Stop() => _source.RunEnd.Stop();

    /// <summary>Something downstream failed: receiving ends with this fault.</summary>
    public void Fail(LoginEtlException fault) => _source.RunEnd.Fail(fault);

    /// <summary>
    /// Deletes messages that are settled; what cannot be deleted is counted. Not cancelled with the run: the source bounds
    /// the time.
    /// </summary>
    public async Task DeleteAsync(IReadOnlyCollection<QueueDelivery> settled)
    {
        ArgumentNullException.ThrowIfNull(settled);
        using var span = RunTraces.Delete(Name, settled.Count);
        try
        {
            await _source.DeleteAsync(settled, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            // A source that throws has said nothing about any of them.
            Book.CountUndeleted(settled.Count);
            throw;
        }
    }

    /// <summary>Makes deliveries visible again that the caller has claimed; what cannot be returned counts as lapsed.</summary>
    public Task ReturnAsync(IReadOnlyCollection<QueueDelivery> unsettled, CancellationToken cancellationToken) =>
        _source.ReturnAsync(unsettled, cancellationToken);

    /// <summary>
    /// Keeps messages of held groups from coming again: until the end of a run that ends when drained, otherwise for a
    /// pause. Does not wait.
    /// </summary>
    internal void KeepBack(IReadOnlyList<QueueDelivery> heldBack)
    {
        if (!Book.HoldsReturned)
        {
            var pause = ShortestPause * Math.Pow(2, Math.Min(heldBack.Max(d => d.ReceiveCount), 8) - 1);
            _ = ReturnAfterAsync(heldBack, pause < LongestPause ? pause : LongestPause);
        }
    }

    private async Task ReturnAfterAsync(IReadOnlyList<QueueDelivery> heldBack, TimeSpan pause)
    {
        await Task.Delay(pause, _time).ConfigureAwait(false);
        // The run may have ended meanwhile, and returned them itself.
        if (Book.TakeHeldBack(heldBack) is { Count: > 0 } taken)
        {
            await ReturnOrLapseAsync(taken, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Returns what nobody is writing to the queue, and never throws.</summary>
    /// <param name="evenClaimed">Also what stands in the buffers of writers.</param>
    /// <param name="cancellationToken">Ends the attempt; what was not returned counts as lapsed.</param>
    public async Task ReturnUnsettledAsync(bool evenClaimed, CancellationToken cancellationToken)
    {
        for (var round = 0; round < ReturnRounds; round++)
        {
            var unsettled = Book.TakeUnsettled(evenClaimed);
            await ReturnOrLapseAsync(unsettled, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether a writer at its end may return what nobody has claimed. It may where it stands in the receiver's own
    /// pipeline, whose receiver has ended before; and where the receiver has left (it stood in a function) and nobody
    /// else settles. Elsewhere, as in a writer per message, others may still be about to claim.
    /// </summary>
    /// <param name="pipeline">Names the writer's pipeline; null outside of pipelines.</param>
    public bool MayBeClosedFrom(string? pipeline) =>
        ReceivingEnded && !IsKept && (_receiverLeft ? Volatile.Read(ref _holders) == 1 : Pipeline == pipeline);

    /// <summary>The receiver ends, whatever it has left, and lets go of the run.</summary>
    public Task LeaveAsync()
    {
        ReceivingEnded = true;
        _receiverLeft = true;
        _source.RunEnd.Set(EndReason.Stopped);
        return ReleaseAsync();
    }

    /// <summary>
    /// The receiver ends, and some of what it received stays held: until all of it is settled, its leases end, or the process
    /// does. The rest, which nobody was given, goes back.
    /// </summary>
    /// <param name="kept">What stays.</param>
    public async Task LeaveHoldingAsync(IReadOnlySet<QueueDelivery> kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        ReceivingEnded = true;
        _source.RunEnd.Set(EndReason.Stopped);
        for (var round = 0; round < ReturnRounds; round++)
        {
            await ReturnOrLapseAsync([.. Book.Leased().Where(d => !kept.Contains(d) && Book.BeginReturn(d))], CancellationToken.None).ConfigureAwait(false);
        }

        _ = ReleaseWhenSettledAsync();
    }

    private async Task ReleaseWhenSettledAsync()
    {
        while (Book.Open > 0)
        {
            await Task.Delay(ShortestPause, _time).ConfigureAwait(false);
        }

        await ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary>One more party settles deliveries of this run. False when the last one has let go already.</summary>
    public bool TryHold()
    {
        for (var holders = Volatile.Read(ref _holders); holders > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    /// <summary>Lets go of the run; the last one to do so returns what is left to the queue and closes the source.</summary>
    public async Task ReleaseAsync()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
        {
            return;
        }

        // A poll that goes on would take in again what is returned.
        _source.RunEnd.Set(EndReason.Stopped);
        await ReturnUnsettledAsync(evenClaimed: true, CancellationToken.None).ConfigureAwait(false);
        try
        {
            await _source.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            // What a late poll still brought in and nobody returned.
            Book.LapseOpen();
            RunMetrics.End(_gauges);
        }
    }

    /// <summary>The receipt as the books stand.</summary>
    public Receipt Receipt()
    {
        var end = _source.RunEnd;
        var receipt = Run.Receipt.From(
            Name, end.IsStopped ? RunState.Stopped : RunState.Completed, _startedAt, _time.GetUtcNow() - _startedAt, Book.Counts(),
            end.IsStopped ? EndReason.Stopped : end.Reason) with
        { Calls = _source.Calls };
        return end.Failure is { } failure ? receipt.FailedBy(failure) : receipt;
    }

    private async Task ReturnOrLapseAsync(IReadOnlyList<QueueDelivery> unsettled, CancellationToken cancellationToken)
    {
        try
        {
            await _source.ReturnAsync(unsettled, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Visible again when the lease runs out.
        }

        // No-ops for those that the source settled.
        foreach (var delivery in unsettled)
        {
            Book.Settle(delivery, Outcome.Lapsed);
        }
    }
}
