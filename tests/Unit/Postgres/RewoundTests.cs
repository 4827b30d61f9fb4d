using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A database that went back to an earlier point, or is another by now, is noticed before anything is written to it.</summary>
public sealed class RewoundTests(ServersFixture servers)
{
    private static readonly string[] s_lost = ["ledger", "file_ledger"];

    public static TheoryData<string, string> Elsewhere => new()
    {
        // A dump that was restored over what was there, into another database, or on another server.
        { "ledger", Replace("login_etl_ledger") },
        { "file ledger", Replace("login_etl_file_ledger") },
        { "quarantine", Replace("login_etl_quarantine") },
        { "vault", Replace("login_etl_vault") },
        { "keys", Replace("login_etl_key") },
        { "database", "UPDATE login_etl_schema SET database_id = 1" },
        { "server", "UPDATE login_etl_schema SET system_identifier = system_identifier - 1" },
    };

    // As pg_restore -t does, of a table that was dropped first.
    private static string Replace(string relation) =>
        $"CREATE TABLE copy (LIKE {relation} INCLUDING ALL); INSERT INTO copy OVERRIDING SYSTEM VALUE SELECT * FROM {relation}; DROP TABLE {relation}; ALTER TABLE copy RENAME TO {relation}";

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task Database_that_was_restored_or_copied_takes_nothing_until_somebody_has_looked(string what, string happens)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, Logins.Records(3));
        await database.RunAsync(happens);
        await RefusedAsync(database, what);
        // Who only sets up as always has not looked.
        Assert.Equal("DatabaseRewound", (await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync())).Id);
        await RefusedAsync(database, what);
        Assert.Single(await database.InitializeAsync(new SchemaOptions { AcceptRestored = true }), s => s.StartsWith("UPDATE", StringComparison.Ordinal));
        await WriteAsync(database, Logins.Records(2));
        Assert.Equal(5, await database.CountAsync());
        Assert.Empty(await database.InitializeAsync(new SchemaOptions { AcceptRestored = true }));
    }

    [Theory]
    [InlineData("login_etl_ledger")]
    [InlineData("login_etl_file_ledger")]
    public async Task Ledger_that_went_with_the_record_is_made_anew_only_where_that_is_said(string ledger)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, Logins.Records(3));
        await database.RunAsync($"DROP TABLE {ledger} CASCADE; DROP TABLE login_etl_schema");
        Assert.Equal(ErrorId.LedgerNotFound, (await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync())).Error);
        await database.InitializeAsync(new SchemaOptions { AcceptRestored = true });
        await WriteAsync(database, Logins.Records(1));
    }

    [Theory]
    // What is left beside the table, or in it, says that it was written before.
    [InlineData("DROP TABLE login_etl_ledger, login_etl_file_ledger, login_etl_schema CASCADE")]
    [InlineData("DROP TABLE login_etl_ledger, login_etl_file_ledger CASCADE; DELETE FROM login_etl_schema")]
    [InlineData("DROP TABLE login_etl_ledger, login_etl_file_ledger, login_etl_schema, login_etl_quarantine, login_etl_vault, login_etl_key, login_etl_audit_anchor, login_etl_run CASCADE")]
    [InlineData("CREATE SCHEMA s2; ALTER TABLE user_logins SET SCHEMA s2", "s2.user_logins")]
    public async Task Ledgers_that_are_gone_together_are_made_anew_only_where_that_is_said(string gone, string table = "public.user_logins")
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, Logins.Records(3));
        await database.RunAsync(gone);
        Assert.Equal(ErrorId.LedgerNotFound, (await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync(table))).Error);
        Assert.NotEmpty(await database.InitializeAsync(new SchemaOptions { AcceptRestored = true }, table));
        Assert.Empty(await database.InitializeAsync(table));
    }

    [Fact]
    public async Task Table_that_others_have_filled_is_none_that_was_written_before()
    {
        var database = await TestDatabase.NewAsync(servers, LoginTable.Create);
        await database.RunAsync("INSERT INTO user_logins (user_id, masked_ip, masked_device_id) VALUES ('a', '10.0.0.1', 'siv1.203.0.113.77'), ('b', 'pfx1.203.0.113.77', NULL)");
        Assert.NotEmpty(await database.InitializeAsync());
    }

    [Fact]
    public async Task Record_of_an_earlier_version_is_given_what_it_lacks_and_a_table_made_anew_is_recorded()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE login_etl_schema DROP COLUMN relations");
        await WriteAsync(database, Logins.Records(2));
        Assert.Equal(2, (await database.InitializeAsync()).Count(s => s.Contains("relations", StringComparison.Ordinal)));
        Assert.Empty(await database.InitializeAsync());
        await database.RunAsync("DROP TABLE login_etl_vault");
        await database.InitializeAsync();
        Assert.Empty(await database.InitializeAsync());
        await WriteAsync(database, Logins.Records(1));
        await database.RunAsync(Replace("login_etl_vault"));
        await RefusedAsync(database, "vault");
    }

    [Fact]
    public async Task Copy_that_the_server_makes_is_refused_by_runs_restores_rotations_and_the_check()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, Logins.Records(3));
        var name = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        Npgsql.NpgsqlConnection.ClearAllPools();
        var server = TestDatabase.By(new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "postgres" }.ConnectionString);
        var copied = servers.NewDatabaseName();
        await server.RunAsync($"CREATE DATABASE {copied} TEMPLATE {name}");
        var copy = TestDatabase.By(new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = copied }.ConnectionString);
        await RefusedAsync(copy, "copied");
        Assert.Equal("DatabaseRewound", (await Assert.ThrowsAsync<LoginEtlException>(async () => await (await copy.TokensAsync()).RequireReplaceableAsync(TestDatabase.Token))).Id);
        var check = Assert.Single(await new LoginEtl.Postgres.PostgresConnector().CheckAsync(copy.Settings(), new SinkOptions(), TestDatabase.Token), c => c.Name == "Schema");
        Assert.Equal(CheckOutcome.Fail, check.Outcome);
        Assert.Equal(3, await copy.CountAsync());
        // The original is what it was.
        await WriteAsync(database, Logins.Records(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_under_which_the_database_goes_back_stops_and_says_what_is_missing(bool isFile)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Batch(4, isFile), TestDatabase.Token);
        await database.RunAsync($"CREATE TABLE before AS SELECT * FROM login_etl_{s_lost[isFile ? 1 : 0]}");
        await sink.WriteAsync(Batch(3, isFile), TestDatabase.Token);
        await sink.WriteAsync(Batch(2, isFile), TestDatabase.Token);
        await database.RunAsync($"DELETE FROM login_etl_{s_lost[isFile ? 1 : 0]} WHERE key NOT IN (SELECT key FROM before)");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Batch(1, isFile), TestDatabase.Token));
        Assert.Equal(("DatabaseRewound", FaultKind.Failed), (fault.Id, fault.Kind));
        Assert.Contains("lost 2 batches of this run, with 5 messages", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.CommitUnknown);
        Assert.Equal(9, await database.CountAsync());
    }

    [Fact]
    public async Task Loss_of_a_batch_that_was_all_rejects_is_noticed_too()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        Assert.Equal([Outcome.Quarantined], (await sink.WriteAsync([Logins.Reject()], TestDatabase.Token)).Outcomes);
        await database.RunAsync("DELETE FROM login_etl_ledger WHERE outcome = 2; DELETE FROM login_etl_quarantine");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(1), TestDatabase.Token));
        Assert.Contains("lost 1 batches of this run, with 1 messages", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entry_that_may_have_been_forgotten_is_not_missed()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        // A moment before the horizon, as a message of a dead-letter queue may be; it is past it by the next batch.
        var sent = DateTimeOffset.UtcNow - TimeSpan.FromDays(15) + TimeSpan.FromSeconds(2);
        await sink.WriteAsync([Logins.Record(Logins.Delivery(sent: sent))], TestDatabase.Token);
        await database.RunAsync("DELETE FROM login_etl_ledger");
        await Task.Delay(TimeSpan.FromSeconds(2.5), TestDatabase.Token);
        Assert.Equal([Outcome.Written], (await sink.WriteAsync(Logins.Records(1), TestDatabase.Token)).Outcomes);
    }

    [Fact]
    public async Task Promoted_server_is_told_of_once_and_stops_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("UPDATE login_etl_schema SET timeline = timeline + 1");
        await using (var sink = await database.SinkAsync())
        {
            var result = await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
            Assert.Contains("promoted or recovered", Assert.Single(result.Notices), StringComparison.Ordinal);
            Assert.Empty((await sink.WriteAsync(Logins.Records(2), TestDatabase.Token)).Notices);
        }

        await using var next = await database.SinkAsync();
        Assert.Empty((await next.WriteAsync(Logins.Records(1), TestDatabase.Token)).Notices);
    }

    [Fact]
    public async Task Promotion_that_cannot_be_recorded_fails_no_batch_that_stands()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("UPDATE login_etl_schema SET timeline = timeline + 1; ALTER TABLE login_etl_schema ADD CONSTRAINT never CHECK (timeline < 0) NOT VALID");
        await using var sink = await database.SinkAsync();
        var result = await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        Assert.Equal([Outcome.Written, Outcome.Written], result.Outcomes);
        Assert.Single(result.Notices);
    }

    [Fact]
    public async Task Dry_run_and_a_user_who_may_not_record_it_tell_of_a_promotion_and_leave_it()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("UPDATE login_etl_schema SET timeline = timeline + 1");
        await using (var dry = await database.SinkAsync(new SinkOptions { DryRun = true }))
        {
            Assert.Single((await dry.WriteAsync(Logins.Records(1), TestDatabase.Token)).Notices);
        }

        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            for (var run = 0; run < 2; run++)
            {
                await using var sink = await database.SinkAsync(settings: settings);
                Assert.Single((await sink.WriteAsync(Logins.Records(1), TestDatabase.Token)).Notices);
            }
        });
    }

    [Fact]
    public async Task Server_that_does_not_tell_its_history_is_not_asked_for_it()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("UPDATE login_etl_schema SET system_identifier = 1; REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_walfile_name(pg_lsn) FROM public");
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            Assert.Empty((await sink.WriteAsync(Logins.Records(1), TestDatabase.Token)).Notices);
        });
    }

    private static ProtectedLogin[] Batch(int count, bool isFile) => isFile ? [.. Enumerable.Range(1, count).Select(i => Logins.Record(delivery: Logins.Line(Guid.NewGuid(), i)))] : Logins.Records(count);

    private static async Task WriteAsync(TestDatabase database, ProtectedLogin[] batch)
    {
        await using var sink = await database.SinkAsync();
        Assert.All((await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Written, o));
    }

    private static async Task RefusedAsync(TestDatabase database, string what)
    {
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync());
        Assert.True(fault.Id == "DatabaseRewound", $"{what}: {fault.Id}");
        Assert.Matches(@"newest entry of its ledgers is of \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", fault.Message);
        Assert.Contains("docs/recovery.md", fault.Remedy, StringComparison.Ordinal);
    }
}
