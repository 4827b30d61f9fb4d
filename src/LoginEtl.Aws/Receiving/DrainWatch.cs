using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Queues;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Receiving;

/// <summary>
/// Proves that the queue is empty: nothing visible, nothing delayed, and no more in flight than this run itself holds,
/// in every sample over the whole window, with nothing received in between. SQS's counts are approximate and may lag
/// by a minute.
/// </summary>
internal sealed class DrainWatch(
    SqsQueue queue, InFlightMessages book, ReceiveState activity, ReceiveOptions options, SqsTimings timings)
{
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
        var proof = new DrainProof(_window, options.DrainTimeout);
        var failures = 0;
        while (true)
        {
            if (activity.Idle < timings.IdleBeforeSampling)
            {
                _quiet = false;
                proof.Restart();
                await Task.Delay(timings.IdleBeforeSampling, stopping).ConfigureAwait(false);
                continue;
            }

            try
            {
                var sample = await SampleAsync(stopping).ConfigureAwait(false);
                failures = 0;
                _quiet = sample.NothingToCome;
                if (proof.Add(sample) is { } end)
                {
                    return end;
                }

                await Task.Delay(step, stopping).ConfigureAwait(false);
            }
            catch (SqsException e) when (e.IsTransient)
            {
                // The receivers' own polls decide how long a silent server is borne.
                _quiet = false;
                proof.Doubt();
                await Task.Delay(Backoff.Delay(++failures), stopping).ConfigureAwait(false);
            }
            catch (SqsException e)
            {
                throw queue.Faults.Explain(e);
            }
        }
    }

    private async Task<DrainSample> SampleAsync(CancellationToken stopping)
    {
        var ownBefore = Own();
        var deleting = activity.IsDeleting;
        var counts = await QueueCounts.ReadAsync(queue, stopping).ConfigureAwait(false);
        var mayBeLocked = queue.IsFifo && counts is { Visible: > 0, Delayed: 0 };
        // A settled message that could not be deleted locks its group too, and comes again. Without room nothing can come.
        var locked = mayBeLocked && book.OnlyHeldBack && book.Room > 0 && activity.Undeleted == 0;
        return new DrainSample
        {
            At = ReceiveState.Now,
            Taken = activity.Taken,
            IsLocked = locked,
            NothingToCome = locked || counts is { Visible: 0, Delayed: 0 },
            OthersHold = counts.InFlight > Math.Min(ownBefore, Own()),
            MayBeLocked = mayBeLocked && !book.AnyClaimed && activity.Undeleted == 0,
            EmptyPollBegan = activity.EmptyPollBegan,
            IdlePollBegan = activity.IdlePollBegan,
            // What is being deleted may be gone, and others' messages in flight would pass for it.
            IsBlurred = deleting || activity.IsDeleting,
        };
    }

    private long Own() => book.Open + activity.Undeleted;
}
