using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Originals of escrow tokens: in the rows' own transaction, for those who may.</summary>
public sealed class VaultTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Row_and_original_come_together_and_lead_back_to_the_value()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using (var sink = await database.SinkAsync(new SinkOptions { UseVault = true }))
        {
            Assert.All((await sink.WriteAsync(Escrowed(3, i => $"10.0.0.{i % 2}"), TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Written, o));
        }

        Assert.Equal((3, 3), (await database.CountAsync(), await database.CountAsync("login_etl_vault")));
        using var escrow = EscrowKey.Read(_keys.EscrowPath);
        foreach (var (attribute, column, values) in new[] { ("ip", "masked_ip", "10.0.0.0 10.0.0.1 10.0.0.0"), ("device_id", "masked_device_id", "593-47-5928 593-47-5928 593-47-5928") })
        {
            var tokens = await ReadAsync(database, $"SELECT {column} FROM user_logins ORDER BY user_id", r => r.GetString(0));
            var originals = await ReadAsync(
                database, $"SELECT token, sealed FROM login_etl_vault WHERE attribute = '{attribute}'", r => (Token: r.GetString(0), Sealed: (byte[])r[1]));
            using var opener = new TokenOpener(_keys.Ring, attribute, escrow);
            var opened = opener.Open(tokens, originals.ToDictionary(o => o.Token, o => (ReadOnlyMemory<byte>)o.Sealed));
            Assert.Equal(values.Split(' '), opened.Select(o => o.Plaintext!.Reveal()));
        }
    }

    [Fact]
    public async Task Unique_key_that_comes_between_two_batches_keeps_no_original_out_unseen()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync(new SinkOptions { UseVault = true });
        await sink.WriteAsync(Escrowed(1, _ => "10.0.0.1"), TestDatabase.Token);
        await database.RunAsync("CREATE UNIQUE INDEX watch ON login_etl_vault (attribute)");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Escrowed(3, i => $"10.0.1.{i}"), TestDatabase.Token));
        Assert.Equal(ErrorId.ForeignObject, fault.Error);
        Assert.Contains("the unique key watch", fault.Message, StringComparison.Ordinal);
        Assert.Equal((1, 2), (await database.CountAsync(), await database.CountAsync("login_etl_vault")));
    }

    [Fact]
    public async Task Original_that_is_there_stays_and_one_that_was_erased_is_gone_for_good()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Escrowed(1, _ => "10.0.0.1"), TestDatabase.Token);
        var first = await ReadAsync(database, "SELECT sealed FROM login_etl_vault ORDER BY attribute", r => Convert.ToHexString((byte[])r[0]));
        await sink.WriteAsync(Escrowed(1, _ => "10.0.0.1"), TestDatabase.Token);
        Assert.Equal(first, await ReadAsync(database, "SELECT sealed FROM login_etl_vault ORDER BY attribute", r => Convert.ToHexString((byte[])r[0])));

        await database.RunAsync("DELETE FROM login_etl_vault WHERE attribute = 'ip'");
        var token = await database.ReadAsync<string>("SELECT DISTINCT masked_ip FROM user_logins");
        using var escrow = EscrowKey.Read(_keys.EscrowPath);
        using var opener = new TokenOpener(_keys.Ring, "ip", escrow);
        Assert.Equal(TokenRefusal.NotInVault, opener.Open([token], new Dictionary<string, ReadOnlyMemory<byte>>())[0].Refusal);
        Assert.Equal(TokenRefusal.NotRecoverable, opener.Open([token])[0].Refusal);
    }

    [Fact]
    public async Task Nothing_is_kept_of_a_batch_that_does_not_commit_and_of_duplicates()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using (var dry = await database.SinkAsync(new SinkOptions { DryRun = true }))
        {
            await dry.WriteAsync(Escrowed(1, _ => "10.0.0.1"), TestDatabase.Token);
        }

        Assert.Equal(0, await database.CountAsync("login_etl_vault"));
        await database.RunAsync("ALTER TABLE login_etl_vault ADD CHECK (attribute <> 'ip')");
        await using var sink = await database.SinkAsync();
        await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Escrowed(2, _ => "10.0.0.1"), TestDatabase.Token));
        Assert.Equal((0, 0, 0), (await database.CountAsync(), await database.CountAsync("login_etl_vault"), await database.CountAsync("login_etl_ledger")));

        await database.RunAsync("ALTER TABLE login_etl_vault DROP CONSTRAINT login_etl_vault_attribute_check");
        var delivery = Logins.Delivery();
        Assert.Equal([Outcome.Written], (await sink.WriteAsync(Escrowed(1, _ => "10.0.0.1", delivery), TestDatabase.Token)).Outcomes);
        var kept = await database.CountAsync("login_etl_vault");
        // The same message with another value, which no queue gives: what would be kept of it is seen to come from it.
        ProtectedLogin[] again = [.. Escrowed(1, _ => "10.0.0.2", delivery), .. Escrowed(1, _ => "10.0.0.1")];
        Assert.Equal([Outcome.Duplicate, Outcome.Written], (await sink.WriteAsync(again, TestDatabase.Token)).Outcomes);
        Assert.Equal((2, 2, 2), (await database.CountAsync(), kept, await database.CountAsync("login_etl_vault")));
    }

    [Fact]
    public async Task Original_of_a_record_that_the_database_refuses_is_kept_for_its_restoring()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT no_first CHECK (user_id <> 'user-0')");
        await using var sink = await database.SinkAsync();
        var outcomes = (await sink.WriteAsync(Escrowed(2, i => $"10.0.0.{i}"), TestDatabase.Token)).Outcomes;
        Assert.Equal([Outcome.Quarantined, Outcome.Written], outcomes);
        Assert.Equal(2, await database.CountAsync("login_etl_vault WHERE attribute = 'ip'"));
    }

    [Fact]
    public async Task Two_writers_of_the_same_values_do_not_deadlock()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var one = await database.SinkAsync();
        await using var two = await database.SinkAsync();
        for (var round = 0; round < 5; round++)
        {
            var first = Escrowed(400, i => $"10.{round}.{i / 250}.{i % 250}");
            var second = Escrowed(400, i => $"10.{round}.{(399 - i) / 250}.{(399 - i) % 250}");
            await Task.WhenAll(one.WriteAsync(first, TestDatabase.Token), two.WriteAsync(second, TestDatabase.Token));
        }

        Assert.Equal((4_000, 2_000), (await database.CountAsync(), await database.CountAsync("login_etl_vault WHERE attribute = 'ip'")));
        Assert.Equal(0, await database.ReadAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task Missing_vault_is_said_before_the_first_message_where_the_run_knows_and_at_the_first_where_it_does_not()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("DROP TABLE login_etl_vault");
        var atStart = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(new SinkOptions { UseVault = true }));
        await using var sink = await database.SinkAsync(new SinkOptions { NewKey = true });
        await sink.WriteAsync([Logins.Record()], TestDatabase.Token);
        var atFirst = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Escrowed(1, _ => "10.0.0.1"), TestDatabase.Token));
        var toRecover = await Assert.ThrowsAsync<LoginEtlException>(() => new LoginEtl.Postgres.PostgresConnector().OpenVaultAsync(database.Settings(), TestDatabase.Token));
        Assert.All(new[] { atStart, atFirst, toRecover }, f => Assert.Equal("LedgerNotFound", f.Id));
        Assert.Contains("login_etl_vault", atFirst.Message, StringComparison.Ordinal);
        var checks = await new LoginEtl.Postgres.PostgresConnector().CheckAsync(database.Settings(), new SinkOptions { UseVault = true }, TestDatabase.Token);
        Assert.Equal(CheckOutcome.Fail, checks.Single(c => c.Name == "Vault").Outcome);
        Assert.DoesNotContain(await new LoginEtl.Postgres.PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token), c => c.Name == "Vault");
        Assert.Equal(1, await database.CountAsync());
    }

    [Fact]
    public async Task Writer_may_add_and_not_read_recoverer_may_read_and_erase_and_reader_may_nothing()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await database.AsMemberAsync("login_etl_writer", async settings =>
        {
            await using (var sink = await database.SinkAsync(new SinkOptions { UseVault = true }, settings: settings))
            {
                await sink.WriteAsync(Escrowed(2, i => $"10.0.0.{i}"), TestDatabase.Token);
                await sink.WriteAsync(Escrowed(2, i => $"10.0.0.{i}"), TestDatabase.Token);
            }

            Assert.Equal(3, await database.CountAsync("login_etl_vault"));
            Assert.Equal("INSERT", await RightsAsync("login_etl_writer"));
            Assert.Equal("DELETE,SELECT", await RightsAsync("login_etl_recoverer"));
            Assert.Equal("", await RightsAsync("login_etl_reader"));
        });

        Task<string> RightsAsync(string role) => database.ReadAsync<string>(
            $"SELECT coalesce(string_agg(p, ',' ORDER BY p), '') FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE']) p WHERE has_table_privilege('{role}', 'login_etl_vault', p)");
    }

    private ProtectedLogin[] Escrowed(int count, Func<int, string> ip, Delivery? delivery = null) => Escrowed(_keys, count, ip, delivery);

    internal static ProtectedLogin[] Escrowed(TestKeys keys, int count, Func<int, string> ip, Delivery? delivery = null)
    {
        using var protector = keys.Protector(new ProtectOptions { Methods = MaskMethods.Parse("ip=escrow,device_id=escrow") });
        return protector.Protect([.. Enumerable.Range(0, count).Select(i => LoginEtl.Decoding.LoginDecoder.Decode(
            delivery ?? Logins.Delivery(),
            System.Text.Encoding.UTF8.GetBytes(
                Deliveries.Replace("ip", $"\"{ip(i)}\"").Replace("\"u\"", $"\"user-{i}\"", StringComparison.Ordinal))))]);
    }

    private static async Task<List<T>> ReadAsync<T>(TestDatabase database, string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var connection = await database.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(TestDatabase.Token);
        var rows = new List<T>();
        while (await reader.ReadAsync(TestDatabase.Token))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
