using System.Text.Json;
using LoginEtl.Bench.Endpoint;

namespace LoginEtl.Bench.Queues;

/// <summary>
/// Measures the queue client beside the most that the same endpoint gives to raw sockets, and beside another build's
/// client where one is named. In each round every contender has a process of its own, in an order that turns.
/// </summary>
internal sealed class QueueBench(EndpointProcess endpoint, int messages, string? receivers)
{
    /// <summary>The raw sockets.</summary>
    public const string Raw = "raw sockets";

    private const int WarmUpRounds = 3;

    // At 50 ms a call its eight connections take a minute for 50,000.
    private const int WarmUpMessages = 5_000;

    /// <param name="Name">As the table shows it.</param>
    /// <param name="Program">Its build.</param>
    internal sealed record Contender(string Name, string Program);

    /// <summary>
    /// Arguments: messages and rounds, which may be left out; <c>--against</c> another build's LoginEtl.Bench.dll,
    /// <c>--latency</c> milliseconds a call, <c>--receivers</c> instead of the default.
    /// </summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var (messages, rounds) = (arguments.Number(0, 100_000), arguments.Number(1, 5));
        var latency = arguments.Number("latency", 0);
        List<Contender> contenders = [new("this build", BenchChild.ThisProgram), new(Raw, BenchChild.ThisProgram)];
        if (arguments.Text("against") is { } other)
        {
            contenders.Insert(1, new("other build", Path.GetFullPath(other)));
        }

        using var endpoint = await EndpointProcess.StartAsync(latency);
        var bench = new QueueBench(endpoint, messages, arguments.Text("receivers"));
        // Until the endpoint's own code is compiled for good; nothing is cheaper than a raw round.
        var warmUp = new QueueBench(endpoint, Math.Min(messages, WarmUpMessages), receivers: null);
        for (var round = 0; round < WarmUpRounds; round++)
        {
            await warmUp.RunAsync(contenders[^1]);
        }

        var table = new QueueTable(messages, latency, contenders.ConvertAll(c => c.Name));
        for (var round = 0; round < rounds; round++)
        {
            foreach (var contender in Enumerable.Range(0, contenders.Count).Select(i => contenders[(i + round) % contenders.Count]))
            {
                table.Add(contender.Name, await bench.RunAsync(contender));
            }
        }

        table.Print();
        return 0;
    }

    private async Task<QueueFigures> RunAsync(Contender contender)
    {
        string first = $"first-{Guid.NewGuid()}", warm = $"warm-{Guid.NewGuid()}";
        await endpoint.FillAsync(first, messages);
        await endpoint.FillAsync(warm, messages);
        List<string> arguments =
            ["queue-client", "--endpoint", $"{endpoint.Url}", "--messages", $"{messages}", "--first", first, "--warm", warm];
        if (receivers is not null)
        {
            arguments.AddRange(["--receivers", receivers]);
        }

        if (contender.Name == Raw)
        {
            arguments.Add("--raw");
        }

        var before = endpoint.ProcessorTime;
        using var process = BenchChild.Start(contender.Program, arguments);
        var line = await process.StandardOutput.ReadLineAsync();
        await process.WaitForExitAsync();
        var spent = endpoint.ProcessorTime - before;
        var run = line is null ? null : JsonSerializer.Deserialize<QueueRun>(line);
        var left = await endpoint.DropAsync(first) + await endpoint.DropAsync(warm);
        return run is null || left > 0 || run.First.Messages + run.Warm.Messages < 2L * messages
            ? throw new InvalidOperationException($"{contender.Name} did not do its work: {left} messages are left.")
            : new QueueFigures(run, spent.TotalMicroseconds / (2L * messages), MachineLoad.Now);
    }
}
