using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>The clock of the run's own machine jumps while it goes on, as far as the run can tell.</summary>
public sealed class ClockTests(SharedLane shared)
{
    // Debian's package faketime puts it into a folder of its own.
    private static readonly string? FakeTime = Directory.Exists("/usr/lib")
        ? Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }).FirstOrDefault()
        : null;

    [LongRun]
    public async Task Clock_of_the_run_that_jumps_by_hours_both_ways_changes_nothing()
    {
        Assert.SkipWhen(FakeTime is null, "libfaketime is not installed (Debian: apt install faketime).");
        var lane = await shared.GetAsync();
        await using var scenario = await Scenario.OnAsync(lane, messages: 600);
        var clock = Path.Combine(lane.Folder, lane.NewName("clock-"));
        await File.WriteAllTextAsync(clock, "+0", TestContext.Current.CancellationToken);
        var running = scenario.RunAsync(new PlannedRun
        {
            BatchSize = 10,
            Environment = new Dictionary<string, string>
            {
                ["LD_PRELOAD"] = FakeTime,
                ["FAKETIME_TIMESTAMP_FILE"] = clock,
                ["FAKETIME_NO_CACHE"] = "1",
                // Only the time of day: what measures durations never jumps.
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            },
        });
        foreach (var (entries, time) in new[] { (20, "+3h"), (200, "-2h"), (400, "+0") })
        {
            await Until.Async(
                async () => running.IsCompleted || await scenario.ReadAsync<long>("SELECT count(*) FROM login_etl_ledger") >= entries, $"{entries} entries");

            await File.WriteAllTextAsync(clock, time, TestContext.Current.CancellationToken);
        }

        var run = await running;
        Assert.Equal(("completed", 0L), (run.Receipt!.Outcome, run.Receipt.Unknown));
        Assert.Equal((true, true), (await WroteAsync(scenario, "> interval '2 hours'"), await WroteAsync(scenario, "< interval '-1 hour'")));
        await scenario.ProveAsync();
    }

    // A batch's id begins with the milliseconds of the run's clock (UUID version 7); the entry has the server's.
    private static Task<bool> WroteAsync(Scenario scenario, string ahead) => scenario.ReadAsync<bool>(
        "SELECT coalesce(bool_or(to_timestamp(('x' || left(replace(batch::text, '-', ''), 12))::bit(48)::bigint / 1000.0) - created_at "
        + $"{ahead}), false) FROM login_etl_ledger");
}
