using System.Diagnostics;
using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Keysets;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Targets;
using LoginEtl.Postgres.Writing;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Rotation;
using LoginEtl.Settings;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What looking at the keys' states costs a batch.</summary>
public sealed class KeyCheckCostTests(ServersFixture servers, ITestOutputHelper output) : IDisposable
{
    // What every batch but the first asks.
    private const string LastIsThere = "EXISTS (SELECT FROM login_etl_ledger WHERE key = '01900000-0000-7000-8000-000000000001')";

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
        var start = new TransactionStart((await Preflight.CheckAsync(connection, database.Settings(), new SinkOptions(), TestDatabase.Token)).Target, []);
        var (before, now) = (new List<double>(), new List<double>());
        for (var i = 0; i < 400; i++)
        {
            before.Add(await TimeAsync(connection, async () =>
            {
                await using var command = new NpgsqlCommand(Before, connection);
                await command.ExecuteScalarAsync(TestDatabase.Token);
            }));
            now.Add(await TimeAsync(connection, () => start.RunAsync(connection, LastIsThere, TestDatabase.Token)));
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

    [LongRun]
    public async Task Keys_that_are_known_cost_a_batch_next_to_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        using var protectors = _keys.Protectors();
        await RotatingLogins.WriteAsync(database, Masked(protectors, 1));
        await using var connection = await database.OpenAsync();
        var target = (await Preflight.CheckAsync(connection, database.Settings(), new SinkOptions(), TestDatabase.Token)).Target;
        var start = new TransactionStart(target, []);
        // Only of retired keys, as before keys were registered.
        var before =
            $"""
            LOCK TABLE ONLY user_logins IN ROW EXCLUSIVE MODE;
            {Before},
                   pg_advisory_xact_lock_shared('public.login_etl_key'::regclass::oid::bigint);
            SELECT attribute, method, prefix, state FROM login_etl_key WHERE state <> 'primary';
            {target.Live.Fingerprint!.Query}
            """;
        var registration = new KeyRegistration(target.Live, isNewKey: false, isDryRun: false);
        await using var sink = await database.SinkAsync();
        var (was, now, looks, batches) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        // Beside one another, because the speed of a machine drifts.
        for (var round = 0; round < 30; round++)
        {
            for (var i = 0; i < 20; i++)
            {
                was.Add(await TimeAsync(connection, async () =>
                {
                    await using var command = new NpgsqlCommand(before, connection);
                    await using var reader = await command.ExecuteReaderAsync(TestDatabase.Token);
                    while (await reader.NextResultAsync(TestDatabase.Token))
                    {
                        await reader.ReadAsync(TestDatabase.Token);
                    }
                }));
                now.Add(await TimeAsync(connection, () => start.RunAsync(connection, LastIsThere, TestDatabase.Token)));
            }

            var batch = Masked(protectors, 5000);
            await using (var transaction = await connection.BeginTransactionAsync(TestDatabase.Token))
            {
                var known = (await start.RunAsync(connection, LastIsThere, TestDatabase.Token)).Keys;
                var looking = Stopwatch.StartNew();
                known.Refuse(batch);
                await registration.RegisterAsync(connection, KeyRegistration.KeysOf(batch), known, TestDatabase.Token);
                looks.Add(looking.Elapsed.TotalMilliseconds);
            }

            var clock = Stopwatch.StartNew();
            await sink.WriteAsync(batch, TestDatabase.Token);
            batches.Add(clock.Elapsed.TotalMilliseconds);
        }

        var (cost, whole) = (Median(now) - Median(was) + Median(looks), Median(batches));
        output.WriteLine(FormattableString.Invariant(
            $"start of a transaction {Median(was):0.000} ms before, {Median(now):0.000} ms now, and {Median(looks):0.000} ms for the keys of its records; a clean batch of 5000 {whole:0.0} ms: {cost / whole:P2} of it"));
        Assert.True(cost / whole < 0.01);
    }

    [LongRun]
    public async Task Look_at_a_large_table_is_bounded_and_counting_reads_it_once()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using (var sink = await database.SinkAsync())
        {
            using var protectors = _keys.Protectors();
            await sink.WriteAsync(Masked(protectors, 1), TestDatabase.Token);
        }

        foreach (var rows in new[] { 100_000, 1_000_000, 4_000_000 })
        {
            await database.RunAsync(
                $"TRUNCATE user_logins; INSERT INTO user_logins SELECT 'u' || g, 'ios', '{_keys.OldPrefix("ip")}' || md5(g::text) || '0123456789ab', '{_keys.OldPrefix("device_id")}' || md5(g::text) || '0123456789ab', 'DE', 1, now() FROM generate_series(1, {rows}) g");
            await database.RunAsync("VACUUM ANALYZE user_logins");
            await using var tokens = await database.TokensAsync();
            using var holding = _keys.Open();
            var value = _keys.Mask("10.1.2.3", "device").Ip.Text;
            var finding = await BestAsync(async () => await tokens.FindAsync("ip", [value], TestDatabase.Token).AnyAsync(TestDatabase.Token));
            var looking = await BestAsync(() => UnheldRows.CountAsync(tokens, holding, "ip", TestDatabase.Token));
            _keys.Promote(KeyStatus.Disabled);
            using var lacking = _keys.Open();
            _keys.Demote();
            var counting = await BestAsync(async () => Assert.Equal(rows, Assert.Single(await UnheldRows.CountAsync(tokens, lacking, "ip", TestDatabase.Token)).Rows));
            output.WriteLine(FormattableString.Invariant($"{rows} rows: finding {finding:0} ms; nothing to count {looking:0} ms; counting {counting:0} ms"));
            Assert.True(looking < 500);
        }
    }

    private static async Task<double> BestAsync(Func<Task> work)
    {
        var times = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            await work();
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        return times.Min();
    }

    private static ProtectedLogin[] Masked(ProtectorSource protectors, int count) => protectors.Current.Protect(
        [.. Enumerable.Range(0, count).Select(i => LoginDecoder.Decode(Logins.Delivery(), Encoding.UTF8.GetBytes(Deliveries.Body)))]);

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
