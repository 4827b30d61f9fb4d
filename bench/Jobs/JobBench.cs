using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace LoginEtl.Bench.Jobs;

/// <summary>
/// The whole job, a process each from its start to its end, from an SQS endpoint in memory into a real PostgreSQL: this
/// worker beside scripts that do it without a ledger. In each round every contender has a queue and a database of its own, in
/// an order that turns.
/// </summary>
internal sealed class JobBench(JobGround ground)
{
    /// <summary>
    /// Arguments: messages and rounds, which may be left out; <c>--latency</c> milliseconds a call; <c>--against</c> another
    /// build's login-etl.dll; <c>--pwsh</c> a PowerShell and <c>--module</c> the module's manifest; <c>--python</c> a program
    /// with boto3 and psycopg2, for the scripts; <c>--node</c> the program; <c>--threads</c> of the tuned script, and
    /// consumers of Node's.
    /// </summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var (messages, rounds) = (arguments.Number(0, 100_000), arguments.Number(1, 3));
        var (latency, threads) = (arguments.Number("latency", 0), arguments.Number("threads", 8));
        List<JobContender> contenders = [JobContender.Worker("LoginEtl", messages, JobContender.ThisWorker)];
        if (arguments.Text("against") is { } other)
        {
            contenders.Add(JobContender.Worker("other build", messages, Path.GetFullPath(other)));
        }

        if (arguments.Text("python") is { } python)
        {
            // Its rate does not depend on how many there are, and it would take an hour.
            contenders.Add(JobContender.Script("usual script", python, "usual.py", Math.Max(1, messages / 50), []));
            contenders.Add(JobContender.Script("tuned script", python, "tuned.py", Math.Max(1, messages / 5), [$"{threads}"]));
        }

        if (arguments.Text("node") is { } node)
        {
            contenders.Add(await JobContender.NodeAsync(Math.Max(1, messages / 5), node, threads));
        }

        if ((arguments.Text("pwsh"), arguments.Text("module")) is ({ } pwsh, { } module))
        {
            contenders.Add(JobContender.PowerShell("three cmdlets", messages, pwsh, Path.GetFullPath(module)));
        }

        await using var ground = await JobGround.StartAsync(latency);
        var bench = new JobBench(ground);
        var figures = contenders.ToDictionary(c => c.Name, _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var contender in Enumerable.Range(0, contenders.Count).Select(i => contenders[(i + round) % contenders.Count]))
            {
                figures[contender.Name].Add(await bench.RunAsync(contender));
            }
        }

        Print(messages, latency, rounds, contenders, figures);
        return 0;
    }

    private static void Print(int messages, int latency, int rounds, List<JobContender> contenders, Dictionary<string, List<double>> figures)
    {
        BenchReport.Head($"{messages} messages, {latency} ms a call; messages a second", rounds);
        foreach (var contender in contenders)
        {
            var sample = new Sample(figures[contender.Name]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{contender.Name,-14} {sample.Median,8:0} ({sample.Least:0}-{sample.Most:0}) of {contender.Messages}; the worker is {new Sample(figures[contenders[0].Name].Zip(figures[contender.Name], (a, b) => a / b)).Median:0.0} times as fast"));
        }

        BenchReport.Json("job", new { Messages = messages, LatencyMilliseconds = latency }, figures);
    }

    /// <summary>Messages a second of one process, from its start to its end.</summary>
    /// <exception cref="InvalidOperationException">It left messages, or rows are missing.</exception>
    public Task<double> RunAsync(JobContender contender) => ground.WithQueueAsync(contender.Messages!.Value, async (name, connection) =>
    {
        var messages = contender.Messages.Value;
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(contender.Start(ground.Endpoint.Url, name, connection, ground.Keys))!;
        // Nobody looks at it, and a pipe that is full stops whoever writes into it.
        var output = process.StartInfo.RedirectStandardOutput ? process.StandardOutput.BaseStream.CopyToAsync(Stream.Null) : Task.CompletedTask;
        await process.WaitForExitAsync();
        await output;
        var seconds = clock.Elapsed.TotalSeconds;
        var left = await ground.Endpoint.DropAsync(name);
        await using var database = NpgsqlDataSource.Create(connection);
        await using var count = database.CreateCommand("SELECT count(*) FROM user_logins");
        // One in a hundred messages is bad: the worker quarantines it (exit code 2), the scripts throw it away.
        return process.ExitCode is not (0 or 2) || left > 0 || (long)(await count.ExecuteScalarAsync())! < messages * 0.97
            ? throw new InvalidOperationException($"{contender.Name} did not do its work: it ended with {process.ExitCode}, and {left} messages are left.")
            : messages / seconds;
    });
}
