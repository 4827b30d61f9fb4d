using System.Diagnostics;
using LoginEtl.Bench.Endpoint;

namespace LoginEtl.Bench.Jobs;

/// <summary>How long a worker, and PowerShell with the module, take from their start until they have received.</summary>
internal sealed class StartBench(JobGround ground)
{
    private const int Messages = 10;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// Arguments: rounds, which may be left out; <c>--against</c> another build's login-etl.dll; <c>--pwsh</c> a PowerShell and
    /// <c>--module</c> the module's manifest, without which the worker starts alone.
    /// </summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var rounds = arguments.Number(0, 9);
        List<JobContender> contenders = [JobContender.Worker("worker", Messages, JobContender.ThisWorker)];
        if (arguments.Text("against") is { } other)
        {
            contenders.Add(JobContender.Worker("worker, other build", Messages, Path.GetFullPath(other)));
        }

        if ((arguments.Text("pwsh"), arguments.Text("module")) is ({ } pwsh, { } module))
        {
            contenders.Add(JobContender.PowerShell("PowerShell", Messages, pwsh, Path.GetFullPath(module)));
        }

        await using var ground = await JobGround.StartAsync(latency: 0);
        var bench = new StartBench(ground);
        var figures = contenders.ToDictionary(c => c.Name, _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var contender in Enumerable.Range(0, contenders.Count).Select(i => contenders[(i + round) % contenders.Count]))
            {
                figures[contender.Name].Add(await bench.RunAsync(contender));
            }
        }

        BenchReport.Head("from the start of the process until it has received", rounds);
        foreach (var (name, seconds) in figures)
        {
            BenchReport.Figure($"seconds, {name}", seconds, "0.00");
        }

        BenchReport.Json("start", new { }, figures);
        return 0;
    }

    /// <summary>Seconds.</summary>
    /// <exception cref="InvalidOperationException">It ended and had received nothing.</exception>
    public Task<double> RunAsync(JobContender contender) => ground.WithQueueAsync(Messages, async (queue, connection) =>
    {
        using var caller = new SqsCaller(ground.Endpoint.Url);
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(contender.Start(ground.Endpoint.Url, queue, connection, ground.Keys))!;
        var seconds = (double?)null;
        while (seconds is null && !process.HasExited)
        {
            seconds = (await caller.CountAsync(queue)).Visible < Messages ? clock.Elapsed.TotalSeconds : null;
            await Task.Delay(Poll);
        }

        await process.WaitForExitAsync();
        await ground.Endpoint.DropAsync(queue);
        return seconds ?? throw new InvalidOperationException($"{contender.Name} ended with {process.ExitCode}, and has received nothing.");
    });
}
