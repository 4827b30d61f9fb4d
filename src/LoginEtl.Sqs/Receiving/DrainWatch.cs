using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Settlement;
using LoginEtl.Sqs.Client;
using LoginEtl.Sqs.Connecting;

namespace LoginEtl.Sqs.Receiving;

/// <summary>
/// Proves that the queue is empty: nothing visible, nothing delayed, and no more in flight than this run itself holds,
/// in every sample over the whole window, with nothing received in between. SQS's counts are approximate and may lag
/// by a minute.
/// </summary>
internal sealed class DrainWatch(
    SqsQueue queue, DeliveryBook book, Activity activity, ReceiveOptions options, SqsTimings timings)
{
    private const int FewestSamples = 3;
    private static readonly TimeSpan ApproximateCounts = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ExactCounts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(15);
    private readonly TimeSpan _window = WindowOf(options, queue.Endpoint);

    private volatile bool _quiet;

    /// <summary>Whether the last sample saw nothing left to receive.</summary>
    public bool Quiet => _quiet;

    /// <summary>How long a queue has to look empty: as it is set, or as its counts can be trusted.</summary>
    public static TimeSpan WindowOf(ReceiveOptions options, QueueEndpoint endpoint) =>
        options.DrainWindow ?? (endpoint.IsLocal ? ExactCounts : ApproximateCounts);

    /// <summary>Returns when the queue is drained, or others have held their messages for too long.</summary>
    /// <exception cref="LoginEtlException">The counts cannot be read.</exception>
    public async Task<EndReason> RunAsync(CancellationToken stopping)
    {
        var step = TimeSpan.FromTicks(Math.Clamp((_window / 4).Ticks, ShortestStep.Ticks, LongestStep.Ticks));
        TimeSpan? cleanSince = null;
        TimeSpan? waitingSince = null;
        var samples = 0;
        var failures = 0;
        var received = -1L;
        while (true)
        {
            if (activity.Idle < timings.IdleBeforeSampling)
            {
                (cleanSince, waitingSince, samples, _quiet) = (null, null, 0, false);
                await Task.Delay(timings.IdleBeforeSampling, stopping).ConfigureAwait(false);
                continue;
            }

            var ownBefore = Own();
            var deleting = activity.IsDeleting;
            QueueCounts counts;
            try
            {
                counts = await QueueCounts.ReadAsync(queue, stopping).ConfigureAwait(false);
                failures = 0;
            }
            catch (SqsException e) when (e.IsTransient)
            {
                // The receivers' own polls decide how long a silent server is borne.
                (cleanSince, samples, _quiet) = (null, 0, false);
                await Task.Delay(Backoff.Delay(++failures), stopping).ConfigureAwait(false);
                continue;
            }
            catch (SqsException e)
            {
                throw queue.Faults.Explain(e);
            }

            var now = TimeSpan.FromMilliseconds(Environment.TickCount64);
            var undisturbed = book.Received == received;
            received = book.Received;
            // What is visible in a FIFO queue and does not come is locked behind messages that this run keeps back.
            var locked = queue.IsFifo && counts is { Visible: > 0, Delayed: 0 } && book.OnlyHeldBack;
            var nothingToCome = locked || counts is { Visible: 0, Delayed: 0 };
            var clean = nothingToCome && counts.InFlight <= Math.Min(ownBefore, Own());
            _quiet = nothingToCome;
            if (deleting || activity.IsDeleting)
            {
                // What is being deleted may be gone, and others' messages in flight would pass for it.
                (cleanSince, samples) = (null, 0);
            }
            else if (clean)
            {
                cleanSince = undisturbed ? cleanSince ?? now : now;
                samples = undisturbed ? samples + 1 : 1;
                waitingSince = null;
                if (samples >= FewestSamples && now - cleanSince >= _window)
                {
                    return locked ? EndReason.GroupsHeld : EndReason.Drained;
                }
            }
            else
            {
                (cleanSince, samples) = (null, 0);
                // Held by others; or, in a FIFO queue, behind what this run itself holds.
                waitingSince = nothingToCome || (queue.IsFifo && book.Open > 0) ? waitingSince ?? now : null;
                if (now - waitingSince >= options.DrainTimeout)
                {
                    return EndReason.DrainTimeout;
                }
            }

            await Task.Delay(step, stopping).ConfigureAwait(false);
        }
    }

    private long Own() => book.Open + activity.Undeleted;
}
