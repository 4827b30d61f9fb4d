using System.Diagnostics;
using System.Globalization;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>Workers come and go while a queue drains, as whatever scales them makes them.</summary>
public sealed class ScaleTests(SharedLane shared)
{
    private const int Messages = 8_000;

    // What one worker may open: docs/containers.md.
    private const int MostConnections = 4;

    private static readonly TimeSpan BetweenKills = TimeSpan.FromMilliseconds(700);

    [Theory]
    [LongRunData(1)]
    [LongRunData(2)]
    [LongRunData(4)]
    [LongRunData(8)]
    public async Task Workers_that_are_killed_and_added_while_a_queue_drains_lose_and_double_nothing(int workers)
    {
        await using var scenario = await Scenario.OnAsync(await shared.GetAsync(), Messages, visibilityTimeout: 5);
        var plan = new PlannedRun { BatchSize = 200, MaxHeld = 1_000 };
        var clock = Stopwatch.StartNew();
        var running = await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => scenario.StartAsync(plan)));
        var all = running.ToList();
        var connections = 0L;
        for (var kill = 0; kill < workers; kill++)
        {
            await Until.Async(() => scenario.Calls.Calls(SqsOperation.DeleteMessageBatch) > 5 * kill, "deletes");
            connections = Math.Max(connections, await scenario.ReadAsync<long>(Connections));
            await Task.Delay(BetweenKills, TestContext.Current.CancellationToken);
            await running[kill].EndAsync("SIGKILL");
            all.Add(await scenario.StartAsync(plan));
        }

        var ended = await Task.WhenAll(all.Select(w => w.WaitAsync(TimeSpan.FromSeconds(120), () => true)));
        var seconds = clock.Elapsed.TotalSeconds;
        scenario.Ended(ended);
        Assert.Equal(workers, ended.Count(r => r.Killed));
        Assert.All(ended.Skip(workers), r => Assert.True(r.SaysCompleted, $"{r}"));
        await scenario.ProveAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{workers} workers, {ended.Count(r => r.Killed)} killed: {Messages / seconds:0} messages a second over all, {ended.Sum(r => r.Receipt?.Duplicate ?? 0)} came again, {connections} connections at most"));
        Assert.InRange(connections, 1, (workers + 1) * MostConnections);
    }

    private const string Connections = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
}
