using System.Diagnostics;
using LoginEtl.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Postgres.Writing;
using LoginEtl.Unit.Core.Recovery;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What looking at the keys' states costs a batch.</summary>
public sealed class KeyCheckCostTests(ServersFixture servers, ITestOutputHelper output) : IDisposable
{
    // What a transaction began with before keys had states.
    private const string Before =
        """
        SET CONSTRAINTS ALL IMMEDIATE;
        SELECT now(),
               CASE WHEN current_setting('idle_in_transaction_session_timeout') = '0' THEN set_config('idle_in_transaction_session_timeout', '120s', true) END,
               CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END
        """;

    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [LongRun]
    public async Task States_are_looked_at_for_little_of_a_batch()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.RetireAsync(database, _keys);
        _keys.Promote();
        await using var connection = await database.OpenAsync();
        var start = new TransactionStart(await Preflight.CheckAsync(connection, database.Settings(), new SinkOptions(), TestDatabase.Token), []);
        var (before, now) = (new List<double>(), new List<double>());
        for (var i = 0; i < 400; i++)
        {
            before.Add(await TimeAsync(connection, async () =>
            {
                await using var command = new NpgsqlCommand(Before, connection);
                await command.ExecuteScalarAsync(TestDatabase.Token);
            }));
            now.Add(await TimeAsync(connection, () => start.RunAsync(connection, TestDatabase.Token)));
        }

        await using var sink = await database.SinkAsync();
        var batches = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            var batch = RotatingLogins.Records(_keys, 5000, $"b{i}");
            var clock = Stopwatch.StartNew();
            await sink.WriteAsync(batch, TestDatabase.Token);
            batches.Add(clock.Elapsed.TotalMilliseconds);
        }

        var (was, isNow, whole) = (Median(before), Median(now), Median(batches));
        output.WriteLine(FormattableString.Invariant($"start of a transaction {was:0.00} ms before, {isNow:0.00} ms now; a clean batch of 5000 {whole:0.0} ms: {(isNow - was) / whole:P1} of it"));
        Assert.True((isNow - was) / whole < 0.05);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static async Task<double> TimeAsync(NpgsqlConnection connection, Func<Task> work)
    {
        await using var transaction = await connection.BeginTransactionAsync(TestDatabase.Token);
        await using (var first = new NpgsqlCommand("SELECT 1", connection))
        {
            await first.ExecuteScalarAsync(TestDatabase.Token);
        }

        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalMilliseconds;
    }
}
