using System.Diagnostics;

namespace LoginEtl.Bench.Jobs;

/// <summary>The most memory that a worker has, over few and over many messages.</summary>
internal sealed class MemoryBench(JobGround ground)
{
    private const int Few = 50_000;
    private const double Megabyte = 1 << 20;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>Arguments: how many are many, and rounds, which may be left out; <c>--against</c> another build's login-etl.dll instead of this one's.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var (many, rounds) = (arguments.Number(0, 1_000_000), arguments.Number(1, 1));
        var program = arguments.Text("against") is { } other ? Path.GetFullPath(other) : JobContender.ThisWorker;
        await using var ground = await JobGround.StartAsync(latency: 0);
        var bench = new MemoryBench(ground);
        var figures = new List<(double Few, double Many)>();
        for (var round = 0; round < rounds; round++)
        {
            figures.Add((await bench.RunAsync(Few, program), await bench.RunAsync(many, program)));
        }

        BenchReport.Head($"{Few} and {many} messages", rounds);
        BenchReport.Figure($"MB at most with {Few}", figures.Select(f => f.Few), "0");
        BenchReport.Figure($"MB at most with {many}", figures.Select(f => f.Many), "0");
        BenchReport.Figure("times as much", figures.Select(f => f.Many / f.Few), "0.00");
        BenchReport.Json("memory", new { Few, Many = many }, figures.Select(f => new { f.Few, f.Many }));
        return 0;
    }

    /// <summary>Megabytes of resident memory at most, pages of shared files among them.</summary>
    /// <exception cref="InvalidOperationException">The worker left messages.</exception>
    public Task<double> RunAsync(int messages, string program) => ground.WithQueueAsync(messages, async (queue, connection) =>
    {
        using var process = Process.Start(JobContender.Worker("worker", messages, program).Start(ground.Endpoint.Url, queue, connection, ground.Keys))!;
        var most = 0L;
        // The system forgets it with the process.
        while (!process.HasExited)
        {
            process.Refresh();
            most = Math.Max(most, process.PeakWorkingSet64);
            await Task.Delay(Poll);
        }

        return await ground.Endpoint.DropAsync(queue) is > 0 and var left
            ? throw new InvalidOperationException($"The worker ended with {process.ExitCode}, and left {left} messages.")
            : most / Megabyte;
    });
}
