using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using LoginEtl.Bench.Endpoint;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Bench.Jobs;

/// <summary>
/// The whole job, a process each from its start to its end, from an SQS endpoint in memory into a real PostgreSQL: this
/// worker beside scripts that do it without a ledger. In each round every contender has a queue and a database of its own, in
/// an order that turns.
/// </summary>
internal sealed class JobBench(EndpointProcess endpoint, PostgresServer server, string keys)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>
    /// Arguments: messages and rounds, which may be left out; <c>--latency</c> milliseconds a call; <c>--against</c> another
    /// build's login-etl.dll; <c>--python</c> a program with boto3 and psycopg2, for the scripts; <c>--threads</c> of the
    /// tuned one.
    /// </summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var (messages, rounds) = (arguments.Number(0, 100_000), arguments.Number(1, 3));
        var (latency, threads) = (arguments.Number("latency", 0), arguments.Number("threads", 8));
        var folder = Directory.CreateTempSubdirectory("loginetl-bench-");
        try
        {
            var keys = Path.Combine(folder.FullName, "keys");
            KeysetCeremony.Create(keys, Path.Combine(folder.FullName, "private", "quarantine.json"), new NewKeysetOptions());
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

            using var endpoint = await EndpointProcess.StartAsync(latency);
            await using var server = await PostgresServer.StartAsync(new PostgresOptions { Major = null }, default);
            var bench = new JobBench(endpoint, server, keys);
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
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Print(int messages, int latency, int rounds, List<JobContender> contenders, Dictionary<string, List<double>> figures)
    {
        Console.WriteLine($"{MachineLoad.Machine}; load {MachineLoad.Now?.ToString("0.0", CultureInfo.InvariantCulture) ?? "unknown"} at the end; {messages} messages, {latency} ms a call; messages a second, medians of {rounds} rounds (least to most)");
        foreach (var contender in contenders)
        {
            var sample = new Sample(figures[contender.Name]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{contender.Name,-14} {sample.Median,8:0} ({sample.Least:0}-{sample.Most:0}) of {contender.Messages}; the worker is {new Sample(figures[contenders[0].Name].Zip(figures[contender.Name], (a, b) => a / b)).Median:0.0} times as fast"));
        }

        Console.WriteLine(JsonSerializer.Serialize(
            new { Bench = "job", At = DateTimeOffset.UtcNow, Machine = MachineLoad.Machine, Load = MachineLoad.Now, Messages = messages, LatencyMilliseconds = latency, PerSecond = figures }, Json));
    }

    /// <summary>Messages a second of one process, from its start to its end.</summary>
    /// <exception cref="InvalidOperationException">It left messages, or rows are missing.</exception>
    public async Task<double> RunAsync(JobContender contender)
    {
        var name = $"bench_{Guid.NewGuid():N}";
        var connection = await server.CreateDatabaseAsync(name);
        try
        {
            await new PostgresConnector().InitializeAsync(new DatabaseSettings { Database = new SecretText(connection) }, new SchemaOptions(), default);
            await endpoint.FillAsync(name, contender.Messages);
            var clock = Stopwatch.StartNew();
            using var process = Process.Start(contender.Start(endpoint.Url, name, connection, keys))!;
            await process.WaitForExitAsync();
            var seconds = clock.Elapsed.TotalSeconds;
            var left = await endpoint.DropAsync(name);
            await using var database = NpgsqlDataSource.Create(connection);
            await using var count = database.CreateCommand("SELECT count(*) FROM user_logins");
            // One in a hundred messages is bad: the worker quarantines it (exit code 2), the scripts throw it away.
            return process.ExitCode is not (0 or 2) || left > 0 || (long)(await count.ExecuteScalarAsync())! < contender.Messages * 0.97
                ? throw new InvalidOperationException($"{contender.Name} did not do its work: it ended with {process.ExitCode}, and {left} messages are left.")
                : contender.Messages / seconds;
        }
        finally
        {
            await server.DropDatabaseAsync(name);
        }
    }
}
