using LoginEtl.Audit;
using LoginEtl.Checks;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Recovery;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>
/// Behind a pooler that gives one session to all, transaction by transaction: nothing that is done here may be noticed by
/// another who uses it.
/// </summary>
public sealed class PoolerTests(ServersFixture servers)
{
    [Fact]
    public async Task Pre_flight_and_making_the_tables_leave_nothing_behind_in_the_session()
    {
        var database = await TestDatabase.NewAsync(servers);
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString);
        await using var other = await Bystander.ComeAsync(pooler);
        var pooled = TestDatabase.By(pooler.ConnectionString);
        await pooled.InitializeAsync(new SchemaOptions { Roles = true });
        await other.NoticesNothingAsync();
        var checks = await new PostgresConnector().CheckAsync(pooled.Settings(), new SinkOptions(), TestDatabase.Token);
        // Roles are the whole server's, and other tests make some that may change anything.
        Assert.All(checks.Where(c => c.Name != "Audit anchor"), c => Assert.True(c.Outcome == CheckOutcome.Pass, $"{c.Name}: {c.Detail}"));
        await other.NoticesNothingAsync();
    }

    [Fact]
    public async Task Runs_restores_and_rotations_leave_nothing_behind_in_the_session()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%')");
        // What a run must raise, in each of its transactions.
        await database.RunAsync($"ALTER DATABASE {new NpgsqlConnectionStringBuilder(database.ConnectionString).Database} SET synchronous_commit = off");
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString);
        await using var other = await Bystander.ComeAsync(pooler);
        var pooled = TestDatabase.By(pooler.ConnectionString);
        using var keys = new RotatingKeys();
        await using (var sink = await pooled.SinkAsync())
        {
            var before = RotatingLogins.Records(keys, 100);
            foreach (var batch in new[] { before, RotatingLogins.Records(keys, 100, "more"), before, [.. RotatingLogins.Records(keys, 10, "bad"), .. RotatingLogins.Records(keys, 90, "good")] })
            {
                await sink.WriteAsync(batch, TestDatabase.Token);
                await other.NoticesNothingAsync();
            }
        }

        Assert.Equal((290, 10), (await database.CountAsync(), await database.CountAsync("login_etl_quarantine")));
        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT not_bad");
        await using (var quarantine = await new PostgresConnector().OpenQuarantineAsync(pooled.Settings(), new SinkOptions(), TestDatabase.Token))
        {
            using var ring = keys.Open();
            using var protector = new Protector(ring);
            using var replay = new QuarantineReplay(protector, null);
            var entries = await quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token);
            var requests = entries.Select(e => new RestoreRequest(e, replay.TryReplay(e, out var record, out _) ? record : throw new InvalidOperationException()));
            Assert.All(await quarantine.RestoreAsync([.. requests], TestDatabase.Token), r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
            await other.NoticesNothingAsync();
        }

        keys.Promote();
        await RotatingLogins.RetireAsync(pooled, keys);
        await other.NoticesNothingAsync();
        // The rows, and the quarantined records, which stay there.
        Assert.Equal(310, (await RotatingLogins.RotateAsync(pooled, keys, batchSize: 50, report: _ => other.NoticesNothingAsync().GetAwaiter().GetResult())).RowsUpdated);
        await other.NoticesNothingAsync();
        Assert.Equal(0, await RotatingLogins.CountOldAsync(pooled, keys));
    }

    [Fact]
    public async Task Recovery_from_the_vault_leaves_nothing_behind_in_the_session()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString);
        await using var other = await Bystander.ComeAsync(pooler);
        var pooled = TestDatabase.By(pooler.ConnectionString);
        using var keys = new TestKeys();
        await using (var sink = await pooled.SinkAsync(new SinkOptions { UseVault = true }))
        {
            await sink.WriteAsync(VaultTests.Escrowed(keys, 3, i => $"10.0.0.{i}"), TestDatabase.Token);
            await other.NoticesNothingAsync();
        }

        await using var anchor = await new PostgresConnector().OpenAnchorAsync(pooled.Settings(), TestDatabase.Token);
        await using var vault = await new PostgresConnector().OpenVaultAsync(pooled.Settings(), TestDatabase.Token);
        await other.NoticesNothingAsync();
        using var escrow = EscrowKey.Read(keys.EscrowPath);
        using var audit = new AuditLog(Path.Combine(keys.Folder, "..", "audit.jsonl"), keys.Ring, anchor);
        using var recovery = new TokenRecovery(
            keys.Ring, audit, new RecoveryOptions { Command = "Unprotect-LoginPii", Reason = "Ticket 1", Escrow = escrow, Vault = vault });
        for (var i = 0; i < 3; i++)
        {
            var token = await database.ReadAsync<string>($"SELECT masked_ip FROM user_logins WHERE user_id = 'user-{i}'");
            Assert.Equal($"10.0.0.{i}", (await recovery.RecoverAsync([new MaskedPair(token, null)], TestDatabase.Token))[0].OfIp!.Value.Plaintext!.Reveal());
            await other.NoticesNothingAsync();
        }

        Assert.Equal(3, await database.CountAsync("login_etl_audit_anchor"));
    }

    /// <summary>Another who uses the pooler's session, and depends on what it left there.</summary>
    private sealed class Bystander : IAsyncDisposable
    {
        // What the pooler sets for each of its clients, and so notes.
        private const string Settings =
            "SELECT coalesce(string_agg(name || '=' || setting, ', ' ORDER BY name), '') FROM pg_settings WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')";

        private const string Left =
            "SELECT concat_ws(' ', pg_backend_pid(), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()), (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_class WHERE relpersistence = 't'), (SELECT count(*) FROM pg_listening_channels()))";

        private readonly NpgsqlConnection _connection;
        private string _was = "";

        private Bystander(NpgsqlConnection connection) => _connection = connection;

        public static async Task<Bystander> ComeAsync(PgBouncer pooler)
        {
            var other = new Bystander(new NpgsqlConnection(pooler.ConnectionString + ";Pooling=false"));
            await other._connection.OpenAsync(TestDatabase.Token);
            await other.RunAsync("CREATE TABLE others (n int)");
            await other.RunAsync("SET work_mem = '7MB'");
            await other.RunAsync("PREPARE kept AS SELECT 1");
            await other.RunAsync("CREATE TEMP TABLE kept (n int)");
            other._was = await other.StateAsync();
            return other;
        }

        public async Task NoticesNothingAsync()
        {
            await RunAsync("INSERT INTO others VALUES (1)");
            await RunAsync("EXECUTE kept");
            await RunAsync("INSERT INTO kept VALUES (1)");
            Assert.Equal(_was, await StateAsync());
        }

        public ValueTask DisposeAsync() => _connection.DisposeAsync();

        private async Task<string> StateAsync() => $"{await ReadAsync(Settings)}; {await ReadAsync(Left)}";

        private async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, _connection);
            await command.ExecuteNonQueryAsync(TestDatabase.Token);
        }

        private async Task<object?> ReadAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, _connection);
            return await command.ExecuteScalarAsync(TestDatabase.Token);
        }
    }
}
