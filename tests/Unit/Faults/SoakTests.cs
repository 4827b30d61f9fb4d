using System.Collections.Concurrent;
using System.Globalization;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>Long runs, by <c>build.ps1 Soak</c>.</summary>
public sealed class SoakTests
{
    private const string SeedVariable = "LOGINETL_SOAK_SEED";
    private const string CountVariable = "LOGINETL_SOAK_COUNT";
    private const string LanesVariable = "LOGINETL_SOAK_LANES";

    /// <summary>Random schedules from LOGINETL_SOAK_SEED on, LOGINETL_SOAK_COUNT of them, on LOGINETL_SOAK_LANES pairs of servers.</summary>
    [Fact(Explicit = true)]
    public async Task Random_schedules_lose_and_double_nothing()
    {
        var first = Number(SeedVariable, 1);
        var count = Number(CountVariable, 500);
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

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static void Say(string line) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss} {line}"));
}
