using System.Diagnostics;
using LoginEtl.Bench.Endpoint;

namespace LoginEtl.Bench.Jobs;

/// <summary>Several workers on one queue, from the start of the first until the last message is deleted.</summary>
internal sealed class WorkersBench(JobGround ground, int messages)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly int[] s_numbers = [1, 2, 4, 8];

    /// <summary>Arguments: messages and rounds, which may be left out; <c>--latency</c> milliseconds a call.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var (messages, rounds, latency) = (arguments.Number(0, 100_000), arguments.Number(1, 3), arguments.Number("latency", 10));
        await using var ground = await JobGround.StartAsync(latency);
        var bench = new WorkersBench(ground, messages);
        var figures = s_numbers.ToDictionary(n => $"{n}", _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var number in Enumerable.Range(0, s_numbers.Length).Select(i => s_numbers[(i + round) % s_numbers.Length]))
            {
                figures[$"{number}"].Add(await bench.RunAsync(number));
            }
        }

        BenchReport.Head($"{messages} messages, {latency} ms a call", rounds);
        foreach (var (number, values) in figures)
        {
            BenchReport.Figure($"messages a second by {number}", values, "0");
            BenchReport.Figure($"times one worker, by {number}", values.Zip(figures["1"], (a, b) => a / b), "0.00");
        }

        BenchReport.Json("workers", new { Messages = messages, LatencyMilliseconds = latency }, figures);
        return 0;
    }

    /// <summary>Messages a second.</summary>
    /// <param name="workers">At once.</param>
    /// <exception cref="InvalidOperationException">A worker failed, or the queue was not emptied.</exception>
    public Task<double> RunAsync(int workers) => ground.WithQueueAsync(messages, async (queue, connection) =>
    {
        var contender = JobContender.Worker("worker", null, JobContender.ThisWorker);
        using var caller = new SqsCaller(ground.Endpoint.Url);
        var clock = Stopwatch.StartNew();
        var running = Enumerable.Range(0, workers).Select(_ => Process.Start(contender.Start(ground.Endpoint.Url, queue, connection, ground.Keys))!).ToList();
        // Not until they end: the proof that a queue is drained is a second of waiting, whatever their number.
        while (await caller.CountAsync(queue) is { Visible: > 0 } or { Leased: > 0 } && running.Exists(r => !r.HasExited))
        {
            await Task.Delay(Poll);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        foreach (var process in running)
        {
            await process.WaitForExitAsync();
        }

        var failed = running.Find(r => r.ExitCode is not (0 or 2))?.ExitCode;
        running.ForEach(r => r.Dispose());
        var left = await ground.Endpoint.DropAsync(queue);
        return failed is not null || left > 0
            ? throw new InvalidOperationException($"{workers} workers did not do their work: one ended with {failed}, and {left} messages are left.")
            : messages / seconds;
    });
}
