using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>Faults between run and queue, one kind at a time, with real runs on real servers.</summary>
public sealed class QueueFaultTests(SharedLane shared)
{
    private static readonly CallFault[] OfAnyCall =
    [
        CallFault.CutBefore, CallFault.CutAfter, CallFault.Truncated, CallFault.Delayed, CallFault.InternalError,
        CallFault.InternalErrorAfter, CallFault.Unavailable, CallFault.Throttled,
    ];

    [Fact]
    public async Task Deletes_that_fail_in_every_way_make_no_second_row()
    {
        await using var scenario = await StartAsync();
        var run = await scenario.RunAsync(new PlannedRun
        {
            // These two first: later calls may repeat entries that are done already.
            Calls = Each(SqsOperation.DeleteMessageBatch,
                [CallFault.ReceiptsExpired, CallFault.Pretended, .. OfAnyCall, CallFault.EntriesFailed, CallFault.EntriesFailedAfter]),
        });
        await scenario.ProveAsync();

        Assert.Equal(12, scenario.Faults);
        // Whatever was not deleted came again, and was known.
        Assert.InRange(run.Receipt!.Undeleted, 1, 5);
        Assert.True(scenario.Calls.Undone > run.Receipt.Undeleted, "Nothing was only said to be done.");
        var again = scenario.Runs.Sum(r => r.Receipt!.Duplicate + r.Receipt.Quarantined) - 20;
        Assert.True(again >= scenario.Calls.Undone, $"{scenario.Calls.Undone} were not deleted, and {again} came again.");
    }

    [Fact]
    public async Task Receives_that_fail_in_every_way_lose_nothing()
    {
        await using var scenario = await StartAsync();
        var run = await scenario.RunAsync(new PlannedRun
        {
            Receivers = 8,
            Calls = Each(SqsOperation.ReceiveMessage, [.. OfAnyCall, CallFault.LeasesOver, CallFault.Doubled]),
        });
        await scenario.ProveAsync();
        Assert.Equal("completed", run.Receipt!.Outcome);
        Assert.Equal(10, scenario.Faults);
    }

    [Fact]
    public async Task Counts_that_cannot_be_read_end_no_run_early()
    {
        await using var scenario = await StartAsync();
        // The first is the visibility timeout's, which a run does not begin without.
        var faults = Each(SqsOperation.GetQueueAttributes, [CallFault.Throttled, CallFault.CutAfter]);
        var run = await scenario.RunAsync(new PlannedRun { Calls = faults.On(SqsOperation.GetQueueAttributes, CallFault.Unavailable, calls: 2, first: 4) });
        await scenario.ProveAsync();

        Assert.Equal("completed", run.Receipt!.Outcome);
        Assert.Equal(4, scenario.Faults);
    }

    [LongRun]
    public async Task Visibility_timeout_shorter_than_a_batch_with_the_visibility_API_down_makes_no_second_row()
    {
        await using var scenario = await StartAsync(visibilityTimeout: 2);
        var run = await scenario.RunAsync(new PlannedRun
        {
            // A transaction's dozen round trips take far longer than the lease.
            Wire = new WireFaults { Delay = TimeSpan.FromMilliseconds(200) },
            Calls = new CallFaults().Always(SqsOperation.ChangeMessageVisibilityBatch, CallFault.Unavailable),
        });
        await scenario.ProveAsync();
        Assert.True(run.Receipt!.Lapsed + run.Receipt.Duplicate > 0, $"No lease ran out: {run}");
    }

    [Fact]
    public async Task Queue_that_is_away_for_a_while_is_waited_for()
    {
        await using var scenario = await StartAsync();
        var run = await scenario.RunAsync(new PlannedRun { Trouble = new ServerTrouble(TroubleKind.QueueDown, Moment.At(SqsOperation.ReceiveMessage, 6), lasts: 800) });
        await scenario.ProveAsync();
        Assert.Equal("completed", run.Receipt!.Outcome);
    }

    [Fact]
    public async Task Server_clock_that_jumps_by_an_hour_is_followed()
    {
        await using var scenario = await StartAsync();
        var run = await scenario.RunAsync(new PlannedRun { SentMeanwhile = 50, Trouble = new ServerTrouble(TroubleKind.ClockJump, Moment.At(SqsOperation.ReceiveMessage, 6), lasts: 600) });
        await scenario.ProveAsync();
        Assert.True(run.Receipt!.Outcome == "completed", $"{run}");
    }

    private async Task<Scenario> StartAsync(int visibilityTimeout = 2) => await Scenario.OnAsync(await shared.GetAsync(), 200, visibilityTimeout);

    /// <summary>One call after the other fails in one way after the other.</summary>
    private static CallFaults Each(string operation, CallFault[] faults)
    {
        var all = new CallFaults();
        for (var i = 0; i < faults.Length; i++)
        {
            all.On(operation, faults[i], first: i + 1);
        }

        return all;
    }
}
