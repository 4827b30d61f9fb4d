using System.Collections.Concurrent;
using System.Diagnostics;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>A queue that stays empty costs next to nothing.</summary>
public sealed class IdleQueueTests(SharedLane shared, ServersFixture servers)
{
    private const string NoSession = "none";
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(3);

    [Fact]
    public Task Waiting_worker_takes_next_to_no_processor_time_and_leaves_the_database_alone() => WatchAsync(
        // Seconds after its start the runtime still compiles, and on a busy machine for longer: 0.26 was seen after 12 polls.
        Watched, warmUp: 40,
        // What would spin would take all of a processor.
        atMost: 0.2);

    [LongRun]
    public Task Worker_that_waits_for_minutes_takes_next_to_no_processor_time() =>
        WatchAsync(TimeSpan.FromMinutes(2), warmUp: 80, atMost: 0.02);

    [Fact]
    public async Task Off_loopback_an_empty_queue_is_asked_twelve_times_a_minute()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var waits = new ConcurrentQueue<int>();
        var others = 0;
        await using var server = new FaultyServer(servers)
        {
            OnReceive = call =>
            {
                waits.Enqueue(call.Request["WaitTimeSeconds"]!.GetValue<int>());
                return call.PassOnAsync();
            },
            OnVisibility = call =>
            {
                Interlocked.Increment(ref others);
                return call.PassOnAsync();
            },
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true }, asIfRemote: true, server: server);
        await Task.Delay(Watched, TestContext.Current.CancellationToken);
        // Four receivers, each of which asks again when its twenty seconds are over.
        Assert.Equal([20, 20, 20, 20], waits);
        Assert.Equal(0, others);
    }

    private async Task WatchAsync(TimeSpan watched, int warmUp, double atMost)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processor time of another process is read from /proc.");
        await using var scenario = await Scenario.OnAsync(await shared.GetAsync(), messages: 0);
        var worker = await scenario.StartAsync(new PlannedRun { OtherFlags = ["--wait"] });
        try
        {
            await Until.Async(() => scenario.Calls.Calls(SqsOperation.ReceiveMessage) >= warmUp, $"{warmUp} polls");
            var (before, calls, asked) = (ProcessorTime(worker), scenario.Calls.Calls(SqsOperation.ReceiveMessage), await LastQueryAsync(scenario));
            Assert.NotEqual(NoSession, asked);
            await Task.Delay(watched, TestContext.Current.CancellationToken);
            var (spent, polls) = (ProcessorTime(worker) - before, scenario.Calls.Calls(SqsOperation.ReceiveMessage) - calls);
            Assert.Equal(asked, await LastQueryAsync(scenario));

            TestContext.Current.TestOutputHelper?.WriteLine($"{spent.TotalMilliseconds} ms of processor time and {polls} polls in {watched.TotalSeconds} s");
            // On loopback a poll takes a second, and there are four receivers; elsewhere it takes twenty.
            Assert.InRange(polls, 4, 4 * (watched.TotalSeconds + 1));
            Assert.True(spent < watched * atMost, $"{spent.TotalMilliseconds} ms of processor time in {watched.TotalSeconds} s.");
        }
        finally
        {
            await worker.EndAsync("SIGTERM");
            await worker.WaitAsync(TimeSpan.FromSeconds(30), () => true);
        }
    }

    private static TimeSpan ProcessorTime(WorkerProcess worker)
    {
        using var process = Process.GetProcessById(worker.ProcessId);
        return process.TotalProcessorTime;
    }

    private static Task<string> LastQueryAsync(Scenario scenario) => scenario.ReadAsync<string>(
        $"SELECT coalesce(max(query_start)::text, '{NoSession}') FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'LoginEtl'");
}
