using System.Diagnostics;
using System.Globalization;
using LoginEtl.Connections;
using LoginEtl.Postgres;
using LoginEtl.Records;
using LoginEtl.Running;
using LoginEtl.Sandbox.Servers;
using Npgsql;

namespace LoginEtl.Bench;

/// <summary>
/// How long batches with bad rows take beside clean ones of the same table: the first that meets any after clean ones,
/// and those that follow it. Interleaved, medians.
/// </summary>
internal sealed class BadRowsBench(PostgresServer server, int size, int rounds)
{
    private const string Table =
        "CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date);";

    private static readonly double[] Shares = [0, 0.01, 0.2];
    private static readonly string Token = "siv1.AQ" + new string('A', 48);
    private readonly PostgresConnector _connector = new();

    public async Task RunAsync(BadRowKind kind)
    {
        var connection = await server.CreateDatabaseAsync($"bench_{Guid.NewGuid():N}");
        await using (var setup = new NpgsqlConnection(connection))
        {
            await setup.OpenAsync();
            await using var command = new NpgsqlCommand(Table + kind.Ddl, setup);
            await command.ExecuteNonQueryAsync();
        }

        var settings = new DatabaseSettings { Database = new SecretText(connection) };
        await _connector.InitializeAsync(settings, new SchemaOptions(), default);
        var unique = kind.Name == "unique";
        var first = Shares.ToDictionary(s => s, _ => new List<double>());
        var later = Shares.ToDictionary(s => s, _ => new List<double>());
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var share in Shares.Select((_, i) => Shares[(i + round) % Shares.Length]))
            {
                await using var sink = await _connector.WriteToAsync(settings, new SinkOptions(), default);
                await WriteAsync(sink, 0, unique);
                var (met, after) = (await WriteAsync(sink, share, unique), await WriteAsync(sink, share, unique));
                if (round > 0)
                {
                    first[share].Add(met);
                    later[share].Add(after);
                }
            }
        }

        var clean = Median([.. first[0], .. later[0]]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{kind.Name,-22} clean {clean,5:0} ms  1 %: first {Median(first[0.01]) / clean:0.0}x, later {Median(later[0.01]) / clean:0.0}x  20 %: first {Median(first[0.2]) / clean:0.0}x, later {Median(later[0.2]) / clean:0.0}x"));
    }

    private async Task<double> WriteAsync(IRecordSink sink, double share, bool unique)
    {
        var random = new Random(1);
        var batch = new ProtectedLogin[size];
        for (var i = 0; i < size; i++)
        {
            // Users of a foreign key are few, those of a unique key ever new.
            batch[i] = Record(random.NextDouble() < share ? $"bad{i}" : unique ? $"{Guid.NewGuid()}" : $"u{i}");
        }

        var started = Stopwatch.GetTimestamp();
        await sink.WriteAsync(batch, default);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static LoginRecord Record(string user) => new(
        new QueueDelivery(new MessageId(Guid.NewGuid().ToString()), "receipt", DateTimeOffset.UtcNow, 1, DateTimeOffset.UtcNow),
        new Token(Token), new Token(Token))
    {
        UserId = user, DeviceType = "android", Locale = "RU", AppVersion = "2.3.0", CreateDate = DateOnly.FromDateTime(DateTime.UtcNow),
    };

    private static double Median(List<double> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }
}
