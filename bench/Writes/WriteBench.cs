using System.Diagnostics;
using LoginEtl.Postgres;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Bench.Writes;

/// <summary>
/// The exactly-once write, ledger and rows in one transaction a batch, beside a COPY of the same bytes ready made into both,
/// sent from here and by psql; and the same where one row in twenty was written before. In each round each has a database of
/// its own.
/// </summary>
internal sealed class WriteBench(PostgresServer server, int batches, int size, string? psql = null)
{
    private const int Redelivered = 20;
    private readonly PostgresConnector _connector = new();

    /// <summary>Arguments: rows and rounds, which may be left out; batches are of 5,000. <c>--psql</c>: the program.</summary>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var (rows, rounds, size) = (arguments.Number(0, 100_000), arguments.Number(1, 5), new BatchOptions().BatchSize);
        await using var server = await PostgresServer.StartAsync(new PostgresOptions { Major = null }, default);
        var bench = new WriteBench(server, Math.Max(1, rows / size), size, arguments.Text("psql"));
        // The first compiles.
        await bench.RoundAsync(0);
        var figures = new List<WriteFigures>();
        for (var round = 0; round < rounds; round++)
        {
            figures.Add(await bench.RoundAsync(round));
        }

        BenchReport.Head($"{rows} rows in batches of {size}", rounds);
        BenchReport.Figure("rows a second", figures.Select(f => rows / f.Ours.Seconds), "0");
        BenchReport.Figure("speed, where COPY of ready bytes is 1", figures.Select(f => f.Speed), "0.00");
        BenchReport.Figure("cost to the server, where COPY of ready bytes costs 1", figures.Select(f => f.ServerCost ?? double.NaN), "0.00");
        if (figures.All(f => f.SpeedBesidePsql is not null))
        {
            BenchReport.Figure("speed, where psql's \\copy of files is 1", figures.Select(f => f.SpeedBesidePsql!.Value), "0.00");
        }

        BenchReport.Figure("speed with one row in twenty redelivered, where it is 1 without", figures.Select(f => f.SpeedRedelivered), "0.00");
        BenchReport.Json("write", new { Rows = rows, BatchSize = size }, figures);
        return 0;
    }

    /// <summary>All of them once, in an order that turns.</summary>
    public async Task<WriteFigures> RoundAsync(int round)
    {
        var records = SampleRecords.Batches(batches, size);
        var ready = await InDatabaseAsync(async (connection, sink) =>
        {
            await WriteAsync(sink, records);
            return await ReadyCopy.OfAsync(connection, batches, size);
        });
        using var files = psql is null ? null : new PsqlCopy(psql, ready);
        Func<string, IRecordSink, Task<WriteTime>>[] contenders =
        [
            (connection, sink) => OursAsync(connection, sink, SampleRecords.Batches(batches, size)),
            (connection, _) => MeasureAsync(connection, () => ready.WriteAsync(connection)),
            async (connection, sink) => await OursAsync(connection, sink, await RedeliveredAsync(sink)),
            .. files is null ? [] : new Func<string, IRecordSink, Task<WriteTime>>[] { (connection, _) => MeasureAsync(connection, () => files.WriteAsync(connection)) },
        ];
        var times = new WriteTime[contenders.Length];
        foreach (var which in Enumerable.Range(0, times.Length).Select(i => (i + round) % times.Length))
        {
            times[which] = await InDatabaseAsync(contenders[which]);
        }

        return new WriteFigures(times[0], times[1], times[2], times.ElementAtOrDefault(3));
    }

    private Task<WriteTime> OursAsync(string connection, IRecordSink sink, List<ProtectedLogin[]> records) => MeasureAsync(connection, () => WriteAsync(sink, records));

    private static async Task WriteAsync(IRecordSink sink, List<ProtectedLogin[]> records)
    {
        foreach (var batch in records)
        {
            await sink.WriteAsync(batch, default);
        }
    }

    // As many rows, of which some are written before.
    private async Task<List<ProtectedLogin[]>> RedeliveredAsync(IRecordSink sink)
    {
        var before = SampleRecords.Batches(1, batches * size / Redelivered)[0];
        await WriteAsync(sink, [before]);
        var records = SampleRecords.Batches(batches, size);
        for (var i = 0; i < before.Length; i++)
        {
            records[i * Redelivered / size][i * Redelivered % size] = before[i];
        }

        return records;
    }

    private async Task<T> InDatabaseAsync<T>(Func<string, IRecordSink, Task<T>> work)
    {
        var name = $"bench_{Guid.NewGuid():N}";
        var connection = await server.CreateDatabaseAsync(name);
        try
        {
            var settings = new DatabaseSettings { Database = new SecretText(connection) };
            await _connector.InitializeAsync(settings, new SchemaOptions(), default);
            await using var sink = await _connector.WriteToAsync(settings, new SinkOptions(), default);
            await sink.BeginRunAsync("bench", default);
            return await work(connection, sink);
        }
        finally
        {
            await server.DropDatabaseAsync(name);
        }
    }

    private async Task<WriteTime> MeasureAsync(string connection, Func<Task> work)
    {
        // What the work before has left to be written is not this one's.
        await using var source = NpgsqlDataSource.Create(connection);
        await using var checkpoint = source.CreateCommand("CHECKPOINT");
        await checkpoint.ExecuteNonQueryAsync();
        var before = server.ProcessId is { } process ? ServerTime.Of(process) : null;
        var started = Stopwatch.GetTimestamp();
        await work();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new WriteTime(seconds, (server.ProcessId is { } same ? ServerTime.Of(same) - before : null)?.TotalSeconds);
    }
}
