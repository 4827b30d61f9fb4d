using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>Long runs, by <c>build.ps1 Soak</c>.</summary>
public sealed class SoakTests
{
    private const string SeedVariable = "LOGINETL_SOAK_SEED";
    private const string CountVariable = "LOGINETL_SOAK_COUNT";
    private const string LanesVariable = "LOGINETL_SOAK_LANES";
    private const string MessagesVariable = "LOGINETL_SOAK_MESSAGES";
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>Random schedules from LOGINETL_SOAK_SEED on, LOGINETL_SOAK_COUNT of them, on LOGINETL_SOAK_LANES pairs of servers.</summary>
    [LongRun]
    public async Task Random_schedules_lose_and_double_nothing()
    {
        var first = Number(SeedVariable, 1);
        var count = Number(CountVariable, 500);
        Assert.InRange(count, 1, 1_000_000);
        var seeds = new ConcurrentQueue<int>(Enumerable.Range(first, count));
        var broken = new ConcurrentQueue<int>();
        await Task.WhenAll(Enumerable.Range(0, Math.Min(count, Number(LanesVariable, 2))).Select(_ => Task.Run(async () =>
        {
            await using var lane = await FaultLane.StartAsync();
            while (seeds.TryDequeue(out var seed))
            {
                var schedule = Schedule.Draw(seed);
                if (count == 1)
                {
                    Say(schedule.ToString());
                }

                try
                {
                    Say($"seed {seed}: {await schedule.PlayAsync(lane)}");
                }
                catch (Exception e)
                {
                    broken.Enqueue(seed);
                    Say($"FAILED {schedule}\n{e.Message}\n{(e is Xunit.Sdk.XunitException ? "" : e.StackTrace)}");
                }
            }
        })));
        Say($"{count} schedules from seed {first}: {broken.Count} failed.");
        Assert.True(broken.IsEmpty, $"Failed: ./build.ps1 Soak -Count 1 -Seed {string.Join(" or ", broken.Order())}");
    }

    /// <summary>LOGINETL_SOAK_MESSAGES of them from an endpoint that gives them as fast as they are asked for, into a real PostgreSQL.</summary>
    [LongRun]
    public async Task Millions_of_messages_leave_memory_handles_and_connections_flat()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Handles of another process are counted in /proc.");
        var messages = Number(MessagesVariable, 2_000_000);
        await using var lane = await FaultLane.StartAsync();
        await using var scenario = await Scenario.OnAsync(lane, messages: 0);
        await using var queue = new EndlessQueue(messages);
        var clock = Stopwatch.StartNew();
        var worker = await WorkerProcess.StartAsync(
            lane, lane.Settings(queue.EndpointUrl, "endless", scenario.Database), [.. (PlannedRun.Clean with { Receivers = 8 }).Flags, "--log-level", "Error"]);
        var looks = new List<Footprint>();
        while (queue.Given < messages || queue.InFlight > 0)
        {
            await Task.Delay(BetweenLooks, TestContext.Current.CancellationToken);
            if (worker.HasEnded)
            {
                break;
            }

            looks.Add(await Footprint.OfAsync(worker.ProcessId, queue.Given, scenario.Database));
            if (looks.Count % 10 == 1)
            {
                Say(looks[^1].ToString());
            }
        }

        var rate = queue.Given / clock.Elapsed.TotalSeconds;
        var run = await worker.WaitAsync(TimeSpan.FromMinutes(1), () => true);
        Say($"{run}; {rate:0} messages/s");
        Assert.Equal(messages, run.Receipt?.Written);
        Assert.Equal(messages, await scenario.ReadAsync<long>("SELECT count(DISTINCT user_id) FROM user_logins"));
        Assert.Equal(messages, await scenario.ReadAsync<long>("SELECT count(*) FROM user_logins"));
        Assert.Equal(0, queue.InFlight);

        // What the first quarter warmed up is the measure of the last.
        var early = looks.Where(l => l.Messages > messages / 4 && l.Messages <= messages / 2).ToList();
        var late = looks.Where(l => l.Messages > messages * 3L / 4).ToList();
        Say($"second quarter at most: {early.Max(l => l.Megabytes):0} MB, {early.Max(l => l.Handles)} handles, {early.Max(l => l.Threads)} threads, {early.Max(l => l.Sessions)} sessions");
        Say($"last quarter at most: {late.Max(l => l.Megabytes):0} MB, {late.Max(l => l.Handles)} handles, {late.Max(l => l.Threads)} threads, {late.Max(l => l.Sessions)} sessions");
        // Half of the messages lie between the quarters: of two million, 20 bytes a message at most.
        Assert.True(late.Max(l => l.Megabytes) - early.Max(l => l.Megabytes) <= 20, "Memory grows.");
        Assert.True(late.Max(l => l.Handles) <= early.Max(l => l.Handles) + 5, "Handles grow.");
        // The thread pool's own; it adds some when processors are scarce, and takes them back.
        Assert.InRange(looks.Max(l => l.Threads), 1, 100);
        Assert.InRange(looks.Max(l => l.Sessions), 1, 2);
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static void Say(string line) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss} {line}"));
}
