using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>What happens to the PostgreSQL server itself while a run goes on.</summary>
public sealed class ServerFaultTests(FaultLane lane) : IClassFixture<FaultLane>
{
    [Theory]
    [InlineData(TroubleKind.PostgresKilled)]
    [InlineData(TroubleKind.PostgresReadOnly)]
    [InlineData(TroubleKind.DiskFull)]
    [InlineData(TroubleKind.Deadlocks)]
    internal async Task Trouble_that_passes_is_waited_for_and_quarantines_nothing(TroubleKind kind)
    {
        await using var scenario = await Scenario.OnAsync(lane, messages: 300);
        var run = await scenario.RunAsync(new PlannedRun
        {
            BatchSize = 10,
            Trouble = new ServerTrouble(kind, Moment.AtCommit(4), lasts: 500),
        });
        await scenario.ProveAsync();
        Assert.Equal(("completed", 0L), (run.Receipt!.Outcome, run.Receipt.Unknown));
    }
}
