using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>What happens to the PostgreSQL server itself while a run goes on.</summary>
public sealed class ServerFaultTests(FaultLane lane) : IClassFixture<FaultLane>
{
    [Theory]
    [InlineData(TroubleKind.PostgresKilled)]
    [LongRunData(TroubleKind.PostgresRestarted)]
    [LongRunData(TroubleKind.SessionsEnded)]
    [LongRunData(TroubleKind.PostgresReadOnly)]
    [LongRunData(TroubleKind.DiskFull)]
    [LongRunData(TroubleKind.Deadlocks)]
    [LongRunData(TroubleKind.TableAltered)]
    [InlineData(TroubleKind.RowsSuppressed)]
    internal async Task Trouble_that_passes_is_waited_for_and_quarantines_nothing(TroubleKind kind)
    {
        await using var scenario = await Scenario.OnAsync(lane, messages: 300);
        var run = await scenario.RunAsync(new PlannedRun
        {
            BatchSize = 10,
            Trouble = new ServerTrouble(kind, Moment.AtCommit(4), lasts: 500),
        });
        // Before anything else speaks to the server.
        var log = scenario.ReadLog();
        Assert.True(Struck(log, run, kind), $"Nothing says that {kind} met the run.");
        await scenario.ProveAsync();
        Assert.Equal(("completed", 0L), (run.Receipt!.Outcome, run.Receipt.Unknown));
    }

    /// <summary>Whether the run met it, by what the server says, or the run itself.</summary>
    private static bool Struck(IReadOnlyList<ServerLog> log, EndedRun run, TroubleKind kind) => kind switch
    {
        // A server that is killed says nothing of its sessions: the run had one, and made another.
        TroubleKind.PostgresKilled => log.SkipWhile(l => !l.IsRunConnecting).SkipWhile(l => !l.IsKill).Any(l => l.IsRunConnecting),
        TroubleKind.PostgresRestarted or TroubleKind.SessionsEnded => ServerLog.RunMet(log, PostgresErrorCodes.AdminShutdown),
        TroubleKind.PostgresReadOnly => ServerLog.RunMet(log, PostgresErrorCodes.ReadOnlySqlTransaction),
        TroubleKind.DiskFull => ServerLog.RunMet(log, PostgresErrorCodes.DiskFull),
        // One of the two is chosen to give way, whichever it is.
        TroubleKind.Deadlocks => log.Any(l => l.State == PostgresErrorCodes.DeadlockDetected),
        TroubleKind.TableAltered => run.Said.Any(line => line.Contains("changed under the run", StringComparison.Ordinal)),
        TroubleKind.RowsSuppressed => run.Receipt!.Suppressed > 0,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No trouble of the server."),
    };
}
