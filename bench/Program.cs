using System.Globalization;
using LoginEtl.Bench;
using LoginEtl.Bench.Endpoint;
using LoginEtl.Bench.Jobs;
using LoginEtl.Bench.Queues;
using LoginEtl.Bench.Writes;
using LoginEtl.Sandbox.Servers;

// The first argument names the bench; without a name it is that of bad rows.
var arguments = new BenchArguments(args.Skip(1));
return args.FirstOrDefault() switch
{
    "queue" => await QueueBench.RunAsync(arguments),
    "job" => await JobBench.RunAsync(arguments),
    "start" => await StartBench.RunAsync(arguments),
    "workers" => await WorkersBench.RunAsync(arguments),
    "memory" => await MemoryBench.RunAsync(arguments),
    "write" => await WriteBench.RunAsync(arguments),
    "queue-client" => await QueueContender.RunAsync(arguments),
    "sqs-endpoint" => EndpointProgram.Run(arguments),
    _ => await BadRowsAsync(),
};

// Arguments: rows a batch, rounds, part of a kind's name; all may be left out. Ends with 1 where a kind takes too long.
async Task<int> BadRowsAsync()
{
    var size = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5_000;
    var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 15;
    await using var server = await PostgresServer.StartAsync(new PostgresOptions { Major = null }, default);
    var bench = new BadRowsBench(server, size, rounds);
    var within = true;
    foreach (var kind in BadRowKind.All.Where(k => args.Length <= 2 || k.Name.Contains(args[2], StringComparison.Ordinal)))
    {
        var cost = await bench.RunAsync(kind);
        Console.WriteLine(cost);
        within &= cost.IsWithin;
    }

    return within ? 0 : 1;
}
