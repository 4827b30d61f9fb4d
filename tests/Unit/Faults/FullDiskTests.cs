using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>A disk that is really full when the run comes to write.</summary>
public sealed class FullDiskTests(SharedLane shared)
{
    private static readonly TimeSpan StaysFull = TimeSpan.FromMilliseconds(500);

    [Theory]
    [LongRunData("user_logins")]
    [InlineData("login_etl_ledger")]
    [LongRunData("login_etl_quarantine")]
    public async Task Full_disk_is_waited_for_and_quarantines_nothing(string table)
    {
        var lane = await shared.GetAsync();
        await using var disk = await SmallDisk.MountAsync(lane);
        await using var scenario = await Scenario.OnAsync(lane, messages: 300);
        await disk.CrowdAsync(scenario, table);
        var running = scenario.RunAsync(new PlannedRun { BatchSize = 50 });
        await Until.Async(
            () =>
            {
                Assert.False(running.IsCompleted, "The run ended and had not met the full disk.");
                return ServerLog.RunMet(scenario.ReadLog(), PostgresErrorCodes.DiskFull);
            },
            "the full disk");

        await Task.Delay(StaysFull, TestContext.Current.CancellationToken);
        Assert.False(running.IsCompleted, "The run did not wait.");
        await SmallDisk.FreeAsync(scenario);
        var run = await running;
        await scenario.ProveAsync();
        Assert.Equal(("completed", 0L), (run.Receipt!.Outcome, run.Receipt.Unknown));
    }
}
