using System.Diagnostics;
using LoginEtl.Postgres;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Bench;

/// <summary>
/// How long batches with bad rows take beside clean ones of the same table: the first that meets any after clean ones,
/// and the one that follows it. Each is held against the median of the clean batches of its own round, because the speed
/// of a machine drifts; the figures are medians over the rounds.
/// </summary>
public sealed class BadRowsBench(PostgresServer server, int size, int rounds)
{
    private const string Table =
        "CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date);";

    // After as many the writer expects no bad rows any more.
    private const int CleanBatches = 8;

    // Rounds that do not count: what runs for the first time in a process is being compiled.
    private const int WarmUp = 3;

    private static readonly double[] BadShares = [0.01, 0.2];
    private static readonly double[] Shares = [0, .. BadShares];
    private readonly PostgresConnector _connector = new();

    /// <summary>Measures one kind, in a database of its own.</summary>
    public async Task<BadRowCost> RunAsync(BadRowKind kind)
    {
        var name = $"bench_{Guid.NewGuid():N}";
        var connection = await server.CreateDatabaseAsync(name);
        try
        {
            await RunAsync(connection, Table + kind.Ddl);
            var settings = new DatabaseSettings { Database = new SecretText(connection) };
            await _connector.InitializeAsync(settings, new SchemaOptions { Roles = kind.AsWriter }, default);
            if (kind.AsWriter)
            {
                await RunAsync(connection, $"CREATE ROLE {name} LOGIN PASSWORD 'pw' IN ROLE login_etl_writer");
                settings = settings with { UserName = name, Password = new SecretText("pw") };
            }

            return await RunAsync(kind, settings);
        }
        finally
        {
            await server.DropDatabaseAsync(name);
            await RunAsync(server.ConnectionString, $"DROP ROLE IF EXISTS {name}");
        }
    }

    private static async Task RunAsync(string connection, string sql)
    {
        await using var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ConnectionString);
        await session.OpenAsync();
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<BadRowCost> RunAsync(BadRowKind kind, DatabaseSettings settings)
    {
        // A session a share, as a run has one: what a session loads when it first meets bad rows it loads once.
        var sinks = new Dictionary<double, IRecordSink>();
        foreach (var share in Shares)
        {
            sinks[share] = await _connector.WriteToAsync(settings, new SinkOptions { OnConflict = kind.OnConflict }, default);
        }

        var clean = new List<double>();
        var first = BadShares.ToDictionary(s => s, _ => new List<double>());
        var later = BadShares.ToDictionary(s => s, _ => new List<double>());
        for (var round = -WarmUp; round < rounds; round++)
        {
            var times = new Dictionary<double, List<double>>();
            foreach (var share in Shares.Select((_, i) => Shares[(i + round + WarmUp) % Shares.Length]))
            {
                times[share] = [];
                for (var batch = 0; batch < CleanBatches + 2; batch++)
                {
                    times[share].Add(await WriteAsync(sinks[share], batch < CleanBatches ? 0 : share, kind));
                }
            }

            if (round >= 0)
            {
                clean.Add(Median([.. times[0]]));
                foreach (var share in BadShares)
                {
                    first[share].Add(times[share][CleanBatches] / clean[^1]);
                    later[share].Add(times[share][CleanBatches + 1] / clean[^1]);
                }
            }
        }

        foreach (var sink in sinks.Values)
        {
            await sink.DisposeAsync();
        }

        return new BadRowCost(
            kind, Median(clean), Median(first[0.01]), Median(later[0.01]), Median(first[0.2]), Median(later[0.2]));
    }

    private async Task<double> WriteAsync(IRecordSink sink, double share, BadRowKind kind)
    {
        var random = new Random(1);
        var batch = new ProtectedLogin[size];
        for (var i = 0; i < size; i++)
        {
            // Users of a foreign key are few, those of a unique key ever new.
            batch[i] = random.NextDouble() < share
                ? SampleRecords.Of($"bad{i}{kind.BadUserEnds}", kind.BadLocale)
                : SampleRecords.Of(kind.UsersAreNew ? $"{Guid.NewGuid()}" : $"u{i}");
        }

        var started = Stopwatch.GetTimestamp();
        await sink.WriteAsync(batch, default);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static double Median(List<double> times)
    {
        times.Sort();
        return (times[(times.Count - 1) / 2] + times[times.Count / 2]) / 2;
    }
}
