using System.Threading.Channels;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Queues;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Receiving;

/// <summary>A queue being received from: several polling loops, one heartbeat, one watch for the drain.</summary>
internal sealed class SqsMessageSource : IMessageSource
{
    // With so many an empty queue is polled, too.
    private const int FewestReceivers = 4;
    private const int LargestHandover = 500;

    // What is handed over is held twice for a moment: as it came, and masked or sealed.
    private const int LargestHandoverBytes = 1 << 20;
    private static readonly TimeSpan ReleaseWithin = TimeSpan.FromMilliseconds(500);

    private readonly SqsQueue _queue;
    private readonly ReceiveOptions _options;
    private readonly SqsTimings _timings;
    private readonly ReceiveState _activity;
    private readonly DrainWatch? _drain;
    private readonly StallWatch _stall;
    private readonly VisibilityHeartbeat _leases;
    private readonly MessageDeletion _deletion;
    private readonly MessageReturn _return;

    // Unbounded in form only: all that is in it is held by the book, whose capacity bounds it.
    private readonly Channel<ReceivedMessage> _arrived =
        Channel.CreateUnbounded<ReceivedMessage>(new UnboundedChannelOptions { SingleReader = true });

    private readonly CancellationTokenSource _disposing = new();
    private readonly Lock _lock = new();
    private readonly Task _receiving;
    private readonly Task _heartbeat;
    private Task? _disposed;

    /// <summary>Starts receiving at once. Disposes of the queue's client when it is disposed of itself.</summary>
    public SqsMessageSource(SqsQueue queue, ReceiveTerms terms, ReceiveOptions options, SqsTimings timings)
    {
        _queue = queue;
        _options = options;
        _timings = timings;
        RunEnd = new RunEnd(timings.StopGrace);
        RunEnd.Failed.Register(() => _arrived.Writer.TryComplete());
        _activity = new ReceiveState(terms.Lease.Timeout);
        Book = new InFlightMessages(options.MaxHeld, holdReturned: !options.WaitForever, options.MaxHeldBytes, terms.LargestBody);
        _drain = options.WaitForever ? null : new DrainWatch(queue, Book, _activity, options, timings);
        _stall = new StallWatch(Book, _drain, options);
        _leases = new VisibilityHeartbeat(queue, terms.Lease, Book, timings);
        _deletion = new MessageDeletion(queue, Book, _activity, timings, Fail);
        _return = new MessageReturn(queue, Book, timings);
        _heartbeat = Task.Run(KeepLeasesAsync);
        _receiving = Task.Run(() => ReceiveAllAsync(terms.Lease));
    }

    /// <inheritdoc/>
    public string Name => _queue.Name;

    /// <inheritdoc/>
    public InFlightMessages Book { get; }

    /// <inheritdoc/>
    public CallCounts Calls => _queue.Client.Made;

    /// <inheritdoc/>
    public DecodeOptions Decoding => _options.Decoding;

    /// <inheritdoc/>
    public RunEnd RunEnd { get; }

    /// <inheritdoc/>
    public async Task<long?> CountBacklogAsync(CancellationToken cancellationToken)
    {
        try
        {
            var counts = await QueueCounts.ReadAsync(_queue, cancellationToken).ConfigureAwait(false);
            return counts.Visible + counts.Delayed;
        }
        catch (Exception e) when (e is SqsException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReceivedMessage>> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            RunEnd.ThrowIfFailed();
            if (TakeArrived() is { Count: > 0 } messages)
            {
                _stall.Moved();
                return messages;
            }

            var more = _arrived.Reader.WaitToReadAsync(cancellationToken).AsTask();
            while (await Task.WhenAny(more, Task.Delay(_stall.Step, cancellationToken)).ConfigureAwait(false) != more)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (RunEnd.Reason is null && _stall.Check() is { } stalled)
                {
                    RunEnd.Fail(stalled);
                }
            }

            if (!await more.ConfigureAwait(false))
            {
                RunEnd.ThrowIfFailed();
                return [];
            }
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(IReadOnlyCollection<QueueDelivery> settled, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settled);
        await _leases.ReleaseAsync([], ReleaseWithin, cancellationToken).ConfigureAwait(false);
        await _deletion.DeleteAsync(settled, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task ReturnAsync(IReadOnlyCollection<QueueDelivery> unsettled, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(unsettled);
        if (RunEnd.Stopping.IsCancellationRequested)
        {
            // A poll still open at the server would take in again what is returned.
            await Task.WhenAny(_receiving, Task.Delay(_timings.StopGrace, cancellationToken)).ConfigureAwait(false);
        }

        await _leases.ReleaseAsync(unsettled, ReleaseWithin, cancellationToken).ConfigureAwait(false);
        // The last first: a group stays locked until its first is back.
        await _return.ReturnAsync(
            _queue.IsFifo ? [.. unsettled.OrderByDescending(d => d.Group?.Sequence())] : unsettled, cancellationToken).ConfigureAwait(false);
        _leases.Forget(unsettled);
    }

    /// <summary>
    /// Stops everything, within about four seconds. What arrived and was never handed over, such as the answers of
    /// polls that were in flight when the run stopped, goes back to the queue.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed ??= Task.Run(DisposeOnceAsync);
            return new ValueTask(_disposed);
        }
    }

    private List<ReceivedMessage> TakeArrived()
    {
        var messages = new List<ReceivedMessage>();
        var bytes = 0;
        while (messages.Count < LargestHandover && bytes < LargestHandoverBytes && _arrived.Reader.TryRead(out var message))
        {
            // What has been returned meanwhile is nobody's to work on.
            if (Book.Leases(message.Delivery))
            {
                messages.Add(message);
                bytes += message.BodyLength;
            }
        }

        return messages;
    }

    private async Task ReceiveAllAsync(VisibilityTerms lease)
    {
        try
        {
            if (_options.MaxDuration is { } duration)
            {
                _ = RunEnd.SetAfterAsync(duration);
            }

            var allowance = new PollAllowance(Book, _activity, _options.MaxMessages, MustSettleFirst);
            var watching = _drain is null ? Task.CompletedTask : Task.Run(() => WatchAsync(_drain));
            var handover = new Lock();
            var outage = new OutageNotice(_options.RetryFor, _options.Waiting);
            var limit = new ConcurrencyLimit(_options.Receivers ?? FewestReceivers, _options.Receivers ?? ReceiveOptions.MostReceivers);
            var receivers = Enumerable.Range(0, _options.Receivers ?? ReceiveOptions.MostReceivers)
                .Select(_ => Task.Run(() => ReceiveOneAsync(
                    new Receiver(_queue, lease, Book, allowance, limit, _activity, _arrived.Writer, _options, outage, handover))))
                .ToArray();
            await Task.WhenAll(receivers).ConfigureAwait(false);
            RunEnd.Set(EndReason.MaxMessages);
            await watching.ConfigureAwait(false);
        }
        finally
        {
            _arrived.Writer.TryComplete();
        }
    }

    // While leases run out, more messages would only wait longer for their turn than they are held. Their deletes would
    // come with receipts that have expired, which SQS may answer with success and ignore: they would come again for ever.
    private bool MustSettleFirst() => _leases.AreRunningOut && Book.AnyClaimed;

    private async Task ReceiveOneAsync(Receiver receiver)
    {
        try
        {
            await receiver.RunAsync(RunEnd.Stopping, RunEnd.Abort).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task WatchAsync(DrainWatch drain)
    {
        try
        {
            RunEnd.Set(await drain.RunAsync(RunEnd.Stopping).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (RunEnd.Stopping.IsCancellationRequested)
        {
            // Another end came first.
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task KeepLeasesAsync()
    {
        try
        {
            await _leases.RunAsync(_disposing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_disposing.IsCancellationRequested)
        {
            // The end of the run.
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void Fail(Exception cause) =>
        RunEnd.Fail(cause as LoginEtlException ?? (cause is OutOfMemoryException ? LoginEtlException.OutOfMemory(cause) : new LoginEtlException(
            ErrorId.ReceiveFailed,
            $"Receiving from the queue '{Name}' was ended by an unexpected {cause.GetType().Name}.",
            "This is a defect: please report it with the steps that led here.")));

    private async Task DisposeOnceAsync()
    {
        RunEnd.Set(EndReason.Stopped);
        await Task.WhenAny(_receiving, Task.Delay(_timings.StopGrace)).ConfigureAwait(false);
        await RunEnd.AbortAsync().ConfigureAwait(false);
        await Task.WhenAny(_receiving, Task.Delay(ReleaseWithin)).ConfigureAwait(false);
        await ReturnAsync(Book.TakeUnsettled(evenClaimed: false), CancellationToken.None).ConfigureAwait(false);
        await _disposing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(_heartbeat, Task.Delay(ReleaseWithin)).ConfigureAwait(false);
        _queue.Client.Dispose();
    }
}
