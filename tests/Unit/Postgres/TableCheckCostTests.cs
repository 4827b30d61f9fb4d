using System.Diagnostics;
using LoginEtl.Postgres.Targets;
using LoginEtl.Postgres.Writing;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What looking at the table in every batch costs.</summary>
public sealed class TableCheckCostTests(ServersFixture servers, ITestOutputHelper output)
{
    // What every batch but the first asks.
    private const string LastIsThere = "EXISTS (SELECT FROM login_etl_ledger WHERE key = '01900000-0000-7000-8000-000000000001')";

    // What a transaction began with before it looked at the table.
    private const string Before =
        """
        SET CONSTRAINTS ALL IMMEDIATE;
        SELECT now(),
               CASE WHEN current_setting('idle_in_transaction_session_timeout') = '0' THEN set_config('idle_in_transaction_session_timeout', '120s', true) END,
               CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END,
               pg_advisory_xact_lock_shared('public.login_etl_key'::regclass::oid::bigint);
        SELECT attribute, method, prefix, state FROM login_etl_key WHERE state <> 'primary'
        """;

    private const string TriggerAndKey =
        """
        ALTER TABLE user_logins ADD UNIQUE (user_id);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER t AFTER INSERT ON user_logins FOR EACH STATEMENT EXECUTE FUNCTION f();
        """;

    [LongRun]
    public async Task Table_is_looked_at_for_at_most_a_fiftieth_of_a_batch()
    {
        await MeasureAsync("as it is made", "");
        await MeasureAsync("with a key and a trigger", TriggerAndKey);
    }

    private async Task MeasureAsync(string table, string with)
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + with);
        await using var connection = await database.OpenAsync();
        var target = (await Preflight.CheckAsync(connection, database.Settings(), new SinkOptions(), TestDatabase.Token)).Target;
        var start = new TransactionStart(target, [target.Name.Beside("login_etl_ledger"), target.Name.Beside("login_etl_file_ledger"), target.Name.Beside("login_etl_quarantine")]);
        await using var sink = await database.SinkAsync();
        var (before, now, batches) = (new List<double>(), new List<double>(), new List<double>());
        // Beside one another, because the speed of a machine drifts.
        for (var round = 0; round < 30; round++)
        {
            for (var i = 0; i < 20; i++)
            {
                before.Add(await TimeAsync(connection, async () =>
                {
                    await using var command = new NpgsqlCommand(Before, connection);
                    await using var reader = await command.ExecuteReaderAsync(TestDatabase.Token);
                    while (await reader.NextResultAsync(TestDatabase.Token))
                    {
                        await reader.ReadAsync(TestDatabase.Token);
                    }
                }));
                now.Add(await TimeAsync(connection, () => start.RunAsync(connection, LastIsThere, TestDatabase.Token)));
            }

            var batch = Logins.Records(5000);
            var clock = Stopwatch.StartNew();
            await sink.WriteAsync(batch, TestDatabase.Token);
            batches.Add(clock.Elapsed.TotalMilliseconds);
        }

        var (was, isNow, whole) = (Median(before), Median(now), Median(batches));
        output.WriteLine(FormattableString.Invariant(
            $"{table}: start of a transaction {was:0.000} ms before, {isNow:0.000} ms now (quartiles {Quartiles(before)} and {Quartiles(now)}); a clean batch of 5000 {whole:0.0} ms ({Quartiles(batches)}): {(isNow - was) / whole:P2} of it"));
        Assert.True((isNow - was) / whole < 0.02);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Quartiles(List<double> values) => FormattableString.Invariant(
        $"{values.Order().ElementAt(values.Count / 4):0.00} to {values.Order().ElementAt(values.Count * 3 / 4):0.00}");

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
