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

    [Theory]
    [InlineData(CommitCut.Arrives)]
    [InlineData(CommitCut.Lost)]
    internal async Task Run_killed_while_COMMIT_is_on_its_way_loses_and_doubles_nothing(CommitCut cut)
    {
        await using var scenario = await StartAsync();
        var killed = await scenario.RunAsync(new PlannedRun
        {
            Ends = new RunEnding("SIGKILL", Moment.AtCommit(1)), Wire = WireFaults.CutCommits(cut, commits: 99),
        });
        await scenario.ProveAsync();
        Assert.True(killed.Killed, $"It was not killed: {killed}");
        Assert.Equal(cut == CommitCut.Arrives, scenario.Runs[^1].Receipt!.Duplicate > 0);
    }

    [Theory]
    [InlineData("SIGTERM")]
    [InlineData("SIGINT")]
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

    [Fact]
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

    private async Task<Scenario> StartAsync(int visibilityTimeout = 2) => await Scenario.OnAsync(await shared.GetAsync(), 200, visibilityTimeout);
}
