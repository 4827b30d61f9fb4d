using System.Diagnostics;
using System.Globalization;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;

namespace LoginEtl.Aws.Conformance;

/// <summary>How polls wait, and how counts follow.</summary>
internal static class PollTrials
{
    private static readonly Assertion WakesUp = new("Long poll ends when a message comes", "Bounded: waiting costs a call in 20 s, and no time.");
    private static readonly Assertion Waits = new("Long poll waits where nothing is", "Bounded: an empty queue is not asked all the time.");
    private static readonly Assertion HungUp = new("Message of a poll that was hung up comes again", "No loss: a killed run's poll takes nothing along.");
    private static readonly Assertion SentCounted = new("Counts follow sends", "A confirmed drain: what waits is seen within its window.");
    private static readonly Assertion HeldCounted = new("Counts follow receives", "A confirmed drain: what others hold is seen within its window.");
    private static readonly Assertion DeletedCounted = new("Counts follow deletes", "A confirmed drain: an empty queue looks empty within its window.");

    public static readonly IReadOnlyList<Trial> Polls = [new([WakesUp], WakesUpAsync), new([Waits], WaitsAsync), new([HungUp], HungUpAsync)];

    public static readonly IReadOnlyList<Trial> Counts = [new([SentCounted, HeldCounted, DeletedCounted], CountsAsync)];

    private static async Task WakesUpAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        var clock = Stopwatch.StartNew();
        var poll = queue.PollAsync(SqsQuotas.LongestPollSeconds, 60, 1, queue.Stop);
        await Task.Delay(TimeSpan.FromSeconds(1), queue.Stop).ConfigureAwait(false);
        await queue.SendAsync(mark).ConfigureAwait(false);
        var messages = await poll.ConfigureAwait(false);
        found.Say(
            WakesUp, messages.Count == 1 && clock.Elapsed < TimeSpan.FromSeconds(SqsQuotas.LongestPollSeconds / 2),
            string.Create(CultureInfo.InvariantCulture, $"{messages.Count} after {clock.Elapsed.TotalSeconds:0.0} s, sent after 1"));
        await queue.DropAsync(messages).ConfigureAwait(false);
    }

    private static async Task WaitsAsync(Lane lane, Findings found)
    {
        const int wait = 3;
        var clock = Stopwatch.StartNew();
        var messages = await lane.Queue.PollAsync(wait, 60, 1, lane.Queue.Stop).ConfigureAwait(false);
        found.Say(
            Waits, messages.Count == 0 && clock.Elapsed.TotalSeconds is > wait - 0.5 and < wait + 3,
            string.Create(CultureInfo.InvariantCulture, $"{messages.Count} after {clock.Elapsed.TotalSeconds:0.0} s of {wait}"));
    }

    // Whether the poll takes the message or not is the server's: in either case it must come.
    private static async Task HungUpAsync(Lane lane, Findings found)
    {
        const int timeout = 4;
        var queue = lane.Queue;
        var mark = queue.NewMark();
        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(queue.Stop);
        hangUp.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            await queue.PollAsync(SqsQuotas.LongestPollSeconds, timeout, 1, hangUp.Token).ConfigureAwait(false);
            throw new TrialException("the poll ended before it was hung up");
        }
        catch (OperationCanceledException) when (!queue.Stop.IsCancellationRequested)
        {
            // As a run does that is killed.
        }

        await queue.SendAsync(mark).ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        var messages = await queue.LookAsync(mark, 1, TrialQueue.Soon).ConfigureAwait(false);
        found.Say(
            HungUp, messages.Count > 0,
            messages.Count == 0 ? "it did not come" : string.Create(CultureInfo.InvariantCulture, $"after {clock.Elapsed.TotalSeconds:0.0} s, at receive {TrialQueue.CountOf(messages[0])}"));
        await queue.DropAsync(messages).ConfigureAwait(false);
    }

    private static async Task CountsAsync(Lane lane, Findings found)
    {
        // Longer than counts may lag, so that no lapse is taken for a delete.
        const int timeout = 600;
        const int all = SqsQuotas.EntriesPerCall;
        var queue = lane.Queue;
        var mark = queue.NewMark();
        await queue.SendAsync(Enumerable.Repeat(mark, all)).ConfigureAwait(false);
        await FollowAsync(SentCounted, all, 0).ConfigureAwait(false);
        var messages = await queue.ReceiveAsync(mark, all, timeout).ConfigureAwait(false);
        await FollowAsync(HeldCounted, 0, all).ConfigureAwait(false);
        await queue.DropAsync(messages).ConfigureAwait(false);
        await FollowAsync(DeletedCounted, 0, 0).ConfigureAwait(false);

        async Task FollowAsync(Assertion assertion, long visible, long inFlight)
        {
            var clock = Stopwatch.StartNew();
            while (true)
            {
                var attributes = await queue.AttributesAsync().ConfigureAwait(false);
                var (v, f) = (attributes.Number(QueueCounts.Names[0]), attributes.Number(QueueCounts.Names[1]));
                var follows = (v, f) == (visible, inFlight);
                if (follows || clock.Elapsed > lane.CountLag)
                {
                    found.Say(assertion, follows, string.Create(CultureInfo.InvariantCulture, $"{v} visible and {f} in flight after {clock.Elapsed.TotalSeconds:0.0} s"));
                    return;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(500), queue.Stop).ConfigureAwait(false);
            }
        }
    }
}
