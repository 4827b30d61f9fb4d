using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>Faults between run and database, with real runs on real servers. See also <see cref="Postgres.SystemFaultTests"/>.</summary>
public sealed class DatabaseFaultTests(SharedLane shared)
{
    [Fact]
    public async Task Connections_cut_at_any_byte_lose_and_double_nothing()
    {
        await using var scenario = await StartAsync();
        var sent = new[] { ByteCut.LookedAt, 60, 900, 4_000 }.Select(bytes => new ByteCut(bytes, Answers: false));
        var answered = new[] { 20, 500, 1_500 }.Select(bytes => new ByteCut(bytes, Answers: true));
        var run = await scenario.RunAsync(new PlannedRun
        {
            // The first connection looks at the table before it writes.
            Wire = new WireFaults { Connections = sent.Concat(answered).Select((cut, index) => (cut, index)).ToDictionary(c => c.index + 1, c => c.cut) },
            BatchSize = 40,
        });
        await scenario.ProveAsync();
        Assert.True(run.Receipt!.Error is null, run.Receipt.Error);
        Assert.Equal(("completed", 0L), (run.Receipt.Outcome, run.Receipt.Unknown));
        Assert.InRange(scenario.Faults, 5, 7);
    }

    [Fact]
    public async Task Commits_cut_before_and_after_they_arrive_lose_and_double_nothing()
    {
        await using var scenario = await StartAsync();
        var run = await scenario.RunAsync(new PlannedRun
        {
            Wire = new WireFaults
            {
                Commits = new Dictionary<int, CommitCut> { [1] = CommitCut.Arrives, [2] = CommitCut.Lost, [3] = CommitCut.ArrivesLate, [4] = CommitCut.Arrives },
            },
            BatchSize = 40,
        });
        await scenario.ProveAsync();
        Assert.Equal(4, scenario.Faults);
        Assert.Equal(("completed", 0L, 0L), (run.Receipt!.Outcome, run.Receipt.Unknown, run.Receipt.Duplicate));
    }

    [LongRun]
    public async Task Slow_wire_changes_nothing()
    {
        await using var scenario = await StartAsync();
        var run = await scenario.RunAsync(new PlannedRun { Wire = new WireFaults { Delay = TimeSpan.FromMilliseconds(10), BytesPerSecond = 100_000 } });
        await scenario.ProveAsync();
        Assert.Equal(("completed", 0L), (run.Receipt!.Outcome, run.Receipt.Duplicate));
    }

    private async Task<Scenario> StartAsync() => await Scenario.OnAsync(await shared.GetAsync());
}
