using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What is past its retention goes, and nothing else.</summary>
public sealed class RetentionTests(ServersFixture servers)
{
    private static readonly Retention s_all = new() { Rows = 400, Quarantine = 30, Vault = 90 };

    [Theory]
    [InlineData("date", "(now() AT TIME ZONE 'UTC')::date - 400", "(now() AT TIME ZONE 'UTC')::date - 401")]
    [InlineData("timestamptz", "now() - interval '9600 hours' + interval '1 minute'", "now() - interval '9600 hours 1 second'")]
    [InlineData("timestamp", "now() AT TIME ZONE 'UTC' - interval '9600 hours' + interval '1 minute'", "now() AT TIME ZONE 'UTC' - interval '9600 hours 1 second'")]
    public async Task Rows_that_are_older_go_and_those_at_the_edge_stay(string type, string young, string old)
    {
        var database = await TestDatabase.NewAsync(servers, LoginTable.Begun.Replace("create_date date", $"create_date {type}", StringComparison.Ordinal));
        Assert.Equal(type, await database.ReadAsync<string>("SELECT typname::text FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid WHERE attrelid = 'user_logins'::regclass AND attname = 'create_date'"));
        await KeepAsync(database, new Retention { Rows = 400 });
        await database.RunAsync($"INSERT INTO user_logins (user_id, create_date) VALUES ('young', {young}), ('old', {old}), ('older', '2001-01-01'), ('undated', NULL)");
        Assert.Equal(2, await RetainAsync(database));
        Assert.Equal("undated young", await database.ReadAsync<string>("SELECT string_agg(user_id, ' ' ORDER BY user_id) FROM user_logins"));
        // Wherever it is called from: a day of an interval may have 23 hours there.
        Assert.Equal(0, await database.ReadAsync<long>("SET TimeZone = 'America/New_York'; SELECT login_etl_retain()"));
    }

    [Fact]
    public async Task Entries_that_are_older_lose_what_they_hold_as_by_a_dismissal_and_younger_ones_do_not()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await KeepAsync(database, new Retention { Quarantine = 30 });
        await WriteAsync(database, [.. Enumerable.Range(0, 4).Select(_ => Logins.Reject())]);
        await database.RunAsync(
            """
            UPDATE login_etl_quarantine SET created_at = now() - interval '720 hours' + CASE id WHEN 1 THEN interval '1 minute' ELSE interval '-1 second' END WHERE id < 4;
            UPDATE login_etl_quarantine SET restored_at = now() - interval '29 days' WHERE id = 3;
            """);
        Assert.Equal(2, await RetainAsync(database));
        Assert.Equal("1 4", await database.ReadAsync<string>("SELECT string_agg(id::text, ' ' ORDER BY id) FROM login_etl_quarantine WHERE dismissed_at IS NULL AND sealed_body IS NOT NULL"));
        Assert.Equal(
            2, await database.CountAsync("login_etl_quarantine WHERE id IN (2, 3) AND num_nonnulls(sealed_body, record) = 0 AND dismissed_at > now() - interval '1 minute' AND dismissed_by = session_user AND dismissal_reason = 'Retention of 30 days.'"));
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine WHERE restored_at IS NOT NULL"));
        Assert.Equal(0, await RetainAsync(database));

        await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
        Assert.Equal([1, 4], (await quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token)).Select(e => e.Id).Order());
    }

    [Fact]
    public async Task Originals_that_are_older_go_and_younger_ones_stay()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await KeepAsync(database, new Retention { Vault = 90 });
        await database.RunAsync(
            """
            INSERT INTO login_etl_vault (attribute, token, sealed, created_at)
            VALUES ('ip', 'young', '', now() - interval '2160 hours' + interval '1 minute'), ('ip', 'old', '', now() - interval '2160 hours 1 second'), ('device_id', 'old', '', '-infinity')
            """);
        Assert.Equal(2, await RetainAsync(database));
        Assert.Equal("young", await database.ReadAsync<string>("SELECT string_agg(token, ' ') FROM login_etl_vault"));
    }

    [Fact]
    public async Task Call_deletes_no_more_than_it_is_told_of_all_kinds_together()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await KeepAsync(database, s_all);
        await WriteAsync(database, [.. Logins.Records(20), .. Enumerable.Range(0, 7).Select(_ => Logins.Reject())]);
        await AgeAsync(database);
        await database.RunAsync("INSERT INTO login_etl_vault (attribute, token, sealed, created_at) SELECT 'ip', n, '', '2001-01-01' FROM generate_series(1, 3) n");
        long[] expected = [4, 4, 10, 10, 2, 0];
        Assert.Equal(expected, await database.ReadAsync<long[]>("SELECT ARRAY[login_etl_retain(4), login_etl_retain(4), login_etl_retain(10), login_etl_retain(10), login_etl_retain(10), login_etl_retain(10)]"));
    }

    [Fact]
    public async Task Message_whose_row_or_body_is_gone_makes_nothing_when_it_comes_again_and_the_books_still_fit()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await KeepAsync(database, s_all);
        ProtectedLogin[] batch = [.. Logins.Records(3), Logins.Reject(), Logins.Reject()];
        await RunAsync();
        await AgeAsync(database);
        Assert.Equal(5, await RetainAsync(database));
        Assert.Equal((0, 2), (await database.CountAsync(), await database.CountAsync("login_etl_quarantine")));

        var again = await RunAsync();
        Assert.DoesNotContain(Outcome.Written, again);
        Assert.Equal((0, 2), (await database.CountAsync(), await database.CountAsync("login_etl_quarantine")));
        var proof = await new PostgresConnector().ProveRunsAsync(database.Settings(), [], TestDatabase.Token);
        Assert.Equal("", string.Join("; ", proof.Findings));
        Assert.Equal((2L, 5L, 2L), (proof.Runs, proof.Entries, proof.Quarantined));

        async Task<IReadOnlyList<Outcome>> RunAsync()
        {
            await using var sink = await database.SinkAsync();
            await sink.BeginRunAsync("logins", TestDatabase.Token);
            var outcomes = (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes;
            await sink.EndRunAsync(new() { Source = "logins", Outcome = RunState.Completed, Ended = EndReason.Drained, StartedAt = DateTimeOffset.UtcNow, Elapsed = TimeSpan.Zero, Received = 0 });
            return outcomes;
        }
    }

    // A place in one partition is another row in the next.
    [Theory]
    [InlineData("PARTITION BY RANGE (create_date)", "CREATE TABLE a PARTITION OF user_logins FOR VALUES FROM (MINVALUE) TO ('2002-01-01'); CREATE TABLE b PARTITION OF user_logins DEFAULT PARTITION BY LIST (locale); CREATE TABLE \"B 1\" PARTITION OF b FOR VALUES IN ('DE'); CREATE TABLE b2 PARTITION OF b DEFAULT")]
    [InlineData("PARTITION BY LIST (locale)", "CREATE SCHEMA \"o'ther\"; CREATE TABLE \"o'ther\".\"a \"\"1\" PARTITION OF user_logins FOR VALUES IN ('DE'); CREATE TABLE b PARTITION OF user_logins DEFAULT")]
    [InlineData("", "CREATE TABLE child () INHERITS (user_logins)")]
    public async Task Rows_of_partitions_go_by_their_own_places(string by, string partitions)
    {
        var database = await TestDatabase.InitializedAsync(servers, $"{LoginTable.Begun} {by}; {partitions}");
        await KeepAsync(database, new Retention { Rows = 400 });
        await database.RunAsync("INSERT INTO user_logins (user_id, locale, create_date) SELECT n, CASE n % 3 WHEN 0 THEN 'DE' END, CASE n % 2 WHEN 0 THEN '2001-01-01'::date WHEN 1 THEN CASE WHEN n < 50 THEN '2003-01-01'::date ELSE now()::date END END FROM generate_series(1, 100) n");
        Assert.Equal(30, await database.ReadAsync<long>("SELECT login_etl_retain(30)"));
        Assert.Equal(45, await RetainAsync(database));
        Assert.Equal((25, 25), (await database.CountAsync(), await database.CountAsync("user_logins WHERE create_date = now()::date")));
        Assert.Equal(CheckOutcome.Pass, (await CheckAsync(database)).Outcome);
    }

    [Theory]
    [InlineData("when")]
    [InlineData("most")]
    [InlineData("o\"'{}day")]
    public async Task Column_of_another_name_is_gone_by(string column)
    {
        var names = ColumnNames.From([KeyValuePair.Create<string, string?>("create_date", column)]);
        var database = await TestDatabase.NewAsync(servers, names: names);
        await database.InitializeAsync(new SchemaOptions { Retention = new Retention { Rows = 1 } });
        Assert.Empty(await database.InitializeAsync(new SchemaOptions { Retention = new Retention { Rows = 1 } }));
        var quoted = $"\"{column.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        await database.RunAsync($"INSERT INTO user_logins (user_id, {quoted}) VALUES ('old', '2001-01-01'), ('young', now())");
        Assert.Equal(1, await RetainAsync(database));
        Assert.Equal("young", await database.ReadAsync<string>("SELECT user_id::text FROM user_logins"));
        Assert.Equal((CheckOutcome.Pass, "rows 1 day"), await CheckAsync(database) is var check ? (check.Outcome, check.Detail) : default);
        // Who knows the table by other names takes it for none of this version's.
        Assert.Contains("-ColumnName", (await CheckAsync(TestDatabase.By(database.ConnectionString))).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_deletes_as_a_writer_that_may_not()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true, Retention = s_all });
        Assert.Empty(await database.InitializeAsync(new SchemaOptions { Roles = true, Retention = s_all }));
        await database.RunAsync("INSERT INTO user_logins (create_date) SELECT '2001-01-01' FROM generate_series(1, 12000)");
        await database.AsMemberAsync("login_etl_writer", async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            await sink.WriteAsync(Logins.Records(5), TestDatabase.Token);
            await Until.Async(async () => await database.CountAsync() <= 5, "what is old to go");
            var check = Assert.Single(await new PostgresConnector().CheckAsync(settings, new SinkOptions(), TestDatabase.Token), c => c.Name == "Data retention");
            Assert.Equal((CheckOutcome.Pass, "rows 400 days, quarantine 30 days, vault 90 days"), (check.Outcome, check.Detail));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.RunAsAsync(settings, "DELETE FROM user_logins"))).SqlState);
        });
        Assert.Equal(5, await database.CountAsync());
    }

    [Fact]
    public async Task Run_that_has_nothing_to_write_deletes_what_is_old()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await KeepAsync(database, s_all);
        await database.RunAsync("INSERT INTO user_logins (create_date) VALUES ('2001-01-01')");
        await using var sink = await database.SinkAsync();
        await sink.BeginRunAsync("queue", TestDatabase.Token);
        await Until.Async(async () => await database.CountAsync() == 0, "what is old to go");
    }

    [Fact]
    public async Task Dry_run_deletes_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await KeepAsync(database, s_all);
        await database.RunAsync("INSERT INTO user_logins (create_date) VALUES ('2001-01-01')");
        await using (var sink = await database.SinkAsync(new SinkOptions { DryRun = true }))
        {
            await sink.WriteAsync(Logins.Records(1), TestDatabase.Token);
            await Task.Delay(500, TestDatabase.Token);
        }

        Assert.Equal(1, await database.CountAsync());
    }

    [Fact]
    public async Task Retention_is_made_changed_and_ended_and_left_alone_where_none_is_given()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Assert.Equal("none: nothing is deleted for its age", (await CheckAsync(database)).Detail);
        Assert.Empty(await database.InitializeAsync(new SchemaOptions { Retention = Retention.None }));
        var made = Assert.Single(await database.InitializeAsync(new SchemaOptions { Retention = s_all }));
        Assert.Contains("CREATE FUNCTION", made, StringComparison.Ordinal);
        Assert.Empty(await database.InitializeAsync(new SchemaOptions { Retention = s_all }));
        Assert.Empty(await database.InitializeAsync());
        Assert.Equal((CheckOutcome.Pass, $"{s_all}"), await CheckAsync(database) is var check ? (check.Outcome, check.Detail) : default);
        Assert.Equal(0, await database.CountAsync("pg_proc p, aclexplode(p.proacl) a WHERE p.proname = 'login_etl_retain' AND a.grantee = 0"));

        Assert.Contains("CREATE OR REPLACE FUNCTION", Assert.Single(await database.InitializeAsync(new SchemaOptions { Retention = new Retention { Rows = 1 } })), StringComparison.Ordinal);
        Assert.Equal("rows 1 day", (await CheckAsync(database)).Detail);
        await database.RunAsync("INSERT INTO user_logins (create_date) VALUES (now()::date - 3); INSERT INTO login_etl_vault (attribute, token, sealed, created_at) VALUES ('ip', 'old', '', '2001-01-01')");
        Assert.Equal(1, await RetainAsync(database));
        Assert.Equal(1, await database.CountAsync("login_etl_vault"));

        Assert.Equal("DROP FUNCTION \"public\".\"login_etl_retain\"(integer)", Assert.Single(await database.InitializeAsync(new SchemaOptions { Retention = Retention.None, Roles = true }), s => s.Contains("login_etl_retain", StringComparison.Ordinal)));
        Assert.Equal(0, await database.CountAsync("pg_proc WHERE proname = 'login_etl_retain'"));
    }

    [Fact]
    public async Task How_much_goes_with_the_next_runs_is_said_before_and_what_nobody_deletes_is_told_of()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, [.. Logins.Records(1), Logins.Reject()]);
        await database.RunAsync("INSERT INTO user_logins (create_date) SELECT '2001-01-01' FROM generate_series(1, 1234); UPDATE login_etl_quarantine SET created_at = '2001-01-01'");
        var warnings = new List<string>();
        await database.InitializeAsync(new SchemaOptions { Retention = s_all, Warned = warnings.Add, PlanOnly = true });
        Assert.Equal(["public.user_logins: older than the retention (rows 400 days, quarantine 30 days, vault 90 days) are by now, and go with the next runs: rows 1,234, entries of the quarantine 1, originals 0."], warnings);
        Assert.Equal(0, await database.CountAsync("pg_proc WHERE proname = 'login_etl_retain'"));
        await KeepAsync(database, s_all);
        var check = await CheckAsync(database);
        Assert.Equal(CheckOutcome.Warn, check.Outcome);
        Assert.Contains("there are rows, entries of the quarantine that are older by more than 2 days", check.Detail, StringComparison.Ordinal);
        Assert.Contains("SELECT public.login_etl_retain(10000)", check.Remedy, StringComparison.Ordinal);
        // Who may not read is told nothing, and does not fail by it.
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await database.AsMemberAsync("login_etl_writer", async settings =>
            Assert.Equal(CheckOutcome.Pass, Assert.Single(await new PostgresConnector().CheckAsync(settings, new SinkOptions(), TestDatabase.Token), c => c.Name == "Data retention").Outcome));
        await RetainAsync(database);
        Assert.Equal(CheckOutcome.Pass, (await CheckAsync(database)).Outcome);
        // What a day ago was young enough is nobody's fault.
        await database.RunAsync("INSERT INTO user_logins (create_date) VALUES ((now() AT TIME ZONE 'UTC')::date - 401)");
        Assert.Equal(CheckOutcome.Pass, (await CheckAsync(database)).Outcome);
    }

    [Theory]
    [InlineData("CREATE OR REPLACE FUNCTION login_etl_retain(most integer DEFAULT 10000) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN 0; END'", "not the function this version makes")]
    [InlineData("ALTER TABLE user_logins ALTER create_date TYPE timestamptz", "not the function this version makes")]
    [InlineData("ALTER FUNCTION login_etl_retain(integer) SECURITY INVOKER", "not the function this version makes")]
    [InlineData("DROP INDEX login_etl_vault_created", "an index beside")]
    public async Task What_is_not_as_it_was_made_is_told_of_and_made_anew(string change, string told)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await KeepAsync(database, s_all);
        await database.RunAsync(change);
        var check = await CheckAsync(database);
        Assert.Equal(CheckOutcome.Warn, check.Outcome);
        Assert.Contains(told, check.Detail, StringComparison.Ordinal);
        Assert.Single(await database.InitializeAsync(new SchemaOptions { Retention = s_all }));
        Assert.Equal((CheckOutcome.Pass, $"{s_all}"), await CheckAsync(database) is var now ? (now.Outcome, now.Detail) : default);
    }

    [Fact]
    public async Task User_who_may_not_call_it_is_told_so()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await KeepAsync(database, s_all);
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            var check = Assert.Single(await new PostgresConnector().CheckAsync(settings, new SinkOptions(), TestDatabase.Token), c => c.Name == "Data retention");
            Assert.Equal(CheckOutcome.Warn, check.Outcome);
            Assert.Contains("GRANT EXECUTE ON FUNCTION public.login_etl_retain(integer)", check.Remedy, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("CREATE TABLE user_logins (user_id text, masked_ip text, masked_device_id text, create_date text)", "TableUnsuitable")]
    [InlineData("CREATE TABLE login_etl_vault (a int)", "LedgerUnsuitable")]
    public async Task Table_that_has_no_age_is_refused_before_anything_is_made(string ddl, string id)
    {
        var database = await TestDatabase.NewAsync(servers, ddl);
        Assert.Equal(id, (await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync(new SchemaOptions { Retention = s_all }))).Id);
        Assert.Equal(0, await database.CountAsync("pg_class WHERE relname = 'login_etl_ledger'"));
    }

    private static Task<IReadOnlyList<string>> KeepAsync(TestDatabase database, Retention retention) => database.InitializeAsync(new SchemaOptions { Retention = retention });

    private static Task<long> RetainAsync(TestDatabase database) => database.ReadAsync<long>("SELECT login_etl_retain()");

    private static Task AgeAsync(TestDatabase database) => database.RunAsync("UPDATE user_logins SET create_date = '2001-01-01'; UPDATE login_etl_quarantine SET created_at = '2001-01-01'");

    private static async Task<Check> CheckAsync(TestDatabase database) => Assert.Single(await Intruder.CheckAsync(database), c => c.Name == "Data retention");

    private static async Task WriteAsync(TestDatabase database, ProtectedLogin[] batch)
    {
        // Disposing it waits for what deletes beside it.
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(batch, TestDatabase.Token);
    }
}
