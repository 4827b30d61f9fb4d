using LoginEtl.Unit.Core.Decoding;
using LoginEtl.Unit.Faults.Messages;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Runs;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>Signals at the worst moments.</summary>
public sealed class ProcessFaultTests(SharedLane shared)
{
    [Fact]
    public async Task Run_killed_between_commit_and_delete_makes_no_second_row()
    {
        await using var scenario = await StartAsync();
        var killed = await scenario.RunAsync(new PlannedRun
        {
            Ends = new RunEnding("SIGKILL", Moment.At(SqsOperation.DeleteMessageBatch, 1)),
            Calls = new CallFaults().Always(SqsOperation.DeleteMessageBatch, CallFault.CutBefore),
        });
        await scenario.ProveAsync();
        Assert.True(killed.Killed, $"It was not killed: {killed}");
        Assert.True(scenario.Runs[^1].Receipt!.Duplicate > 0, "Nothing had been committed.");
    }

    [Fact]
    public async Task Run_killed_between_commit_and_delete_makes_no_second_row_of_a_notification_that_came_in_two_messages()
    {
        const int Notifications = 60;
        await using var scenario = await Scenario.OnAsync(await shared.GetAsync(), messages: 0);
        var notifications = Enumerable.Range(0, Notifications)
            .Select(i => new Login(Envelopes.Sns(WholeRun.Body($"u{i}"), id: $"n{i}"), $"u{i}", Fate.Row)).ToList();
        await scenario.Queue.SendAsync(notifications);
        var killed = await scenario.RunAsync(new PlannedRun
        {
            Ends = new RunEnding("SIGKILL", Moment.At(SqsOperation.DeleteMessageBatch, 1)),
            Calls = new CallFaults().Always(SqsOperation.DeleteMessageBatch, CallFault.CutBefore),
        });
        Assert.True(killed.Killed, $"It was not killed: {killed}");
        // The first message of each is still there, and now comes the second.
        await scenario.Queue.SendAsync(notifications);
        var last = await scenario.RunAsync(PlannedRun.Clean);
        Assert.True(last.Receipt!.Duplicate >= Notifications, $"{last}");
        Assert.Equal((long)Notifications, await scenario.ReadAsync<long>("SELECT count(*) FROM user_logins"));
        Assert.Equal((long)Notifications, await scenario.ReadAsync<long>("SELECT count(DISTINCT user_id) FROM user_logins"));
        Assert.Equal((0, 0), await scenario.Queue.CountsAsync());
    }

    [Theory]
    [InlineData(CommitCut.Arrives)]
    [InlineData(CommitCut.Lost)]
    internal async Task Run_killed_while_COMMIT_is_on_its_way_loses_and_doubles_nothing(CommitCut cut)
    {
        await using var scenario = await StartAsync();
        var killed = await scenario.RunAsync(new PlannedRun
        {
            Ends = new RunEnding("SIGKILL", Moment.AtCommit(2)),
            Wire = WireFaults.CutCommits(cut, commits: 99, after: 1),
        });
        await scenario.ProveAsync();
        Assert.True(killed.Killed, $"It was not killed: {killed}");
        Assert.Equal(cut == CommitCut.Arrives, scenario.Runs[^1].Receipt!.Duplicate > 0);
    }

    [Theory]
    [InlineData("SIGTERM")]
    [LongRunData("SIGINT")]
    public async Task Signal_settles_or_returns_everything_at_once(string signal)
    {
        // A lease that nobody would wait for.
        await using var scenario = await StartAsync(visibilityTimeout: 600);
        var stopped = await scenario.RunAsync(new PlannedRun
        {
            BatchSize = 20,
            Ends = new RunEnding(signal, Moment.At(SqsOperation.DeleteMessageBatch, 2)),
            Wire = new WireFaults { Delay = TimeSpan.FromMilliseconds(20) },
        });
        Assert.Equal("stopped", stopped.Receipt!.Outcome);
        var standing = await scenario.ReadAsync(await scenario.Queue.VisibleAsync());
        Assert.Empty(LedgerCheck.Complaints(scenario.Sent, standing));
        await scenario.ProveAsync();
    }

    [LongRun]
    public async Task Signal_that_comes_when_the_receipt_is_out_does_not_change_the_exit_code()
    {
        await using var scenario = await StartAsync();
        for (var run = 0; run < 3; run++)
        {
            var worker = await scenario.StartAsync(PlannedRun.Clean);
            await worker.ReceiptPrinted;
            await worker.EndAsync("SIGINT");
            var ended = await worker.WaitAsync(TimeSpan.FromSeconds(30), () => true);
            Assert.Equal(ended.Receipt!.ExitCode, ended.End.ExitCode);
        }
    }

    [LongRun]
    public async Task Second_signal_that_comes_when_the_receipt_is_out_does_not_change_the_exit_code()
    {
        await using var scenario = await StartAsync();
        for (var run = 0; run < 3; run++)
        {
            var before = await LedgerAsync();
            var worker = await scenario.StartAsync(new PlannedRun { BatchSize = 5 });
            // A signal that comes before anything was caught ends it like any program.
            await Until.Async(async () => await LedgerAsync() != before, "a batch");

            await worker.EndAsync("SIGTERM");
            await worker.ReceiptPrinted;
            await worker.EndAsync("SIGTERM");
            var ended = await worker.WaitAsync(TimeSpan.FromSeconds(30), () => true);
            Assert.Equal(ended.Receipt!.ExitCode, ended.End.ExitCode);
            await scenario.SendAsync(100);
        }

        Task<long> LedgerAsync() => scenario.ReadAsync<long>("SELECT count(*) FROM login_etl_ledger");
    }

    private async Task<Scenario> StartAsync(int visibilityTimeout = 2) => await Scenario.OnAsync(await shared.GetAsync(), 200, visibilityTimeout);
}
