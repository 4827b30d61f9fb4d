using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A table that changes under a run: right rows afterwards, or a stop that says what changed.</summary>
public sealed class ChangedTableTests(ServersFixture servers)
{
    private const string Other =
        "CREATE TABLE other (create_date timestamptz, app_version text, locale text, masked_device_id text, masked_ip text, device_type text, user_id text);";

    private const string ThreeVersions = "DROP app_version, ADD app_version_major int, ADD app_version_minor int, ADD app_version_patch int";
    private const string Partitions = "CREATE TABLE ru PARTITION OF user_logins FOR VALUES IN ('RU'); CREATE TABLE rest PARTITION OF user_logins DEFAULT;";

    private static readonly DateTimeOffset Sent = DateTimeOffset.UtcNow.AddMinutes(-5);

    /// <summary>Before the run, under it, and what the row then holds.</summary>
    public static readonly TheoryData<string, string, string, string> TakenChanges = new()
    {
        { "", "ALTER TABLE user_logins ALTER app_version TYPE varchar(32)", "app_version", "17.1.2" },
        { "ALTER TABLE user_logins ALTER app_version TYPE varchar(32)", "ALTER TABLE user_logins ALTER app_version TYPE integer USING NULL", "app_version", "17001002" },
        { "", "ALTER TABLE user_logins ALTER app_version TYPE bigint", "app_version", "17001002" },
        { "ALTER TABLE user_logins ALTER app_version TYPE bigint", "ALTER TABLE user_logins ALTER app_version TYPE integer", "app_version", "17001002" },
        { "ALTER TABLE user_logins ALTER app_version TYPE bigint", "ALTER TABLE user_logins ALTER app_version TYPE text", "app_version", "17.1.2" },
        { "", $"ALTER TABLE user_logins {ThreeVersions}", "app_version_major || '-' || app_version_minor || '-' || app_version_patch", "17-1-2" },
        { $"ALTER TABLE user_logins {ThreeVersions}", "ALTER TABLE user_logins ADD app_version text", "app_version", "17.1.2" },
        { "", "ALTER TABLE user_logins ALTER create_date TYPE timestamptz", "(create_date AT TIME ZONE 'UTC')::date", Day },
        { "", "ALTER TABLE user_logins ALTER create_date TYPE timestamp", "create_date::date", Day },
        { "ALTER TABLE user_logins ALTER create_date TYPE timestamptz", "ALTER TABLE user_logins ALTER create_date TYPE date", "create_date", Day },
        { "CREATE TYPE device AS ENUM ('ios', 'android')", "ALTER TABLE user_logins ALTER device_type TYPE device USING NULL", "device_type", "android" },
        { "CREATE TYPE device AS ENUM ('android'); ALTER TABLE user_logins ALTER device_type TYPE device USING NULL", "ALTER TABLE user_logins ALTER device_type TYPE text; DROP TYPE device; CREATE TYPE device AS ENUM ('x', 'android'); ALTER TABLE user_logins ALTER device_type TYPE device USING NULL", "device_type", "android" },
        { "CREATE DOMAIN version AS integer", "ALTER TABLE user_logins ALTER app_version TYPE version", "app_version", "17001002" },
        { "CREATE DOMAIN version AS integer; ALTER TABLE user_logins ALTER app_version TYPE version", "ALTER TABLE user_logins DROP app_version; DROP DOMAIN version; CREATE DOMAIN version AS text; ALTER TABLE user_logins ADD app_version version", "app_version", "17.1.2" },
        { "", "ALTER TABLE user_logins RENAME device_type TO x; ALTER TABLE user_logins RENAME locale TO device_type; ALTER TABLE user_logins RENAME x TO locale", "device_type || locale", "androidRU" },
        { "", "ALTER TABLE user_logins RENAME app_version TO x; ALTER TABLE user_logins ADD app_version text", "app_version || coalesce(x, 0)", "17.1.20" },
        { "", "ALTER TABLE user_logins RENAME app_version TO x; ALTER TABLE user_logins RENAME locale TO app_version; ALTER TABLE user_logins ADD locale text", "app_version || locale", "17.1.2RU" },
        { Other, "ALTER TABLE user_logins RENAME TO old; ALTER TABLE other RENAME TO user_logins", "app_version || locale || device_type", "17.1.2RUandroid" },
        { Other, "BEGIN; ALTER TABLE user_logins RENAME TO old; ALTER TABLE other RENAME TO user_logins; ALTER TABLE old RENAME TO other; COMMIT", "app_version || locale || device_type", "17.1.2RUandroid" },
        { "", $"DROP TABLE user_logins; {Other} ALTER TABLE other RENAME TO user_logins", "app_version || locale || device_type", "17.1.2RUandroid" },
        { "", $"DROP TABLE user_logins; {LoginTable.Begun} PARTITION BY LIST (locale); {Partitions}", "app_version || locale", "17001002RU" },
        { "", "ALTER TABLE user_logins ADD note text, ADD tenant int NOT NULL DEFAULT 1, ADD UNIQUE (user_id)", "app_version", "17001002" },
        { "", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.locale := ''DE''; RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f()", "locale", "DE" },
    };

    /// <summary>Before the run, under it, and what the stop names.</summary>
    public static readonly TheoryData<string, string, string> RefusedChanges = new()
    {
        { "", "ALTER TABLE user_logins DROP locale", "locale" },
        { "", "ALTER TABLE user_logins RENAME locale TO language", "locale" },
        { "", "ALTER TABLE user_logins ALTER create_date TYPE text", "create_date" },
        { "", "ALTER TABLE user_logins ALTER user_id TYPE integer USING NULL", "user_id" },
        { "", "ALTER TABLE user_logins ALTER app_version TYPE smallint USING NULL", "app_version" },
        { "", "ALTER TABLE user_logins ALTER masked_ip TYPE varchar(50) USING left(masked_ip, 50)", "masked_ip" },
        { "", "ALTER TABLE user_logins DROP locale, ADD locale text GENERATED ALWAYS AS (user_id) STORED", "locale" },
        { "", "DELETE FROM user_logins; ALTER TABLE user_logins ADD tenant int NOT NULL", "tenant" },
        { "ALTER TABLE user_logins ADD tenant int NOT NULL DEFAULT 1", "ALTER TABLE user_logins ALTER tenant DROP DEFAULT", "tenant" },
        { "ALTER TABLE user_logins ADD tenant int GENERATED ALWAYS AS IDENTITY", "ALTER TABLE user_logins ALTER tenant DROP IDENTITY", "tenant" },
        { "", "ALTER TABLE user_logins SET UNLOGGED", "UNLOGGED" },
        { "", "DROP TABLE user_logins", "user_logins" },
        { "", "ALTER TABLE user_logins RENAME TO real", "user_logins" },
        { "", "ALTER TABLE user_logins RENAME TO real; CREATE VIEW user_logins AS SELECT * FROM real", "not a table" },
        { "CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing", "DROP TABLE user_logins; CREATE FOREIGN TABLE user_logins (user_id text) SERVER nowhere", "not a table" },
        { "", "ALTER SCHEMA public RENAME TO old", "user_logins" },
        { $"DROP TABLE user_logins; {LoginTable.Begun} PARTITION BY LIST (locale); {Partitions}", "ALTER TABLE rest SET UNLOGGED", "UNLOGGED" },
        { $"DROP TABLE user_logins; {LoginTable.Begun} PARTITION BY LIST (locale); {Partitions}", "CREATE UNLOGGED TABLE de PARTITION OF user_logins FOR VALUES IN ('DE')", "UNLOGGED" },
    };

    private static string Day => Sent.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [MemberData(nameof(TakenChanges))]
    public async Task Row_is_encoded_by_what_the_table_is_now(string before, string change, string value, string expected)
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + before);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([Record("first")], TestDatabase.Token);
        await database.RunAsync(change);
        var result = await sink.WriteAsync([Record("second")], TestDatabase.Token);
        Assert.Equal([Outcome.Written], result.Outcomes);
        Assert.Equal(expected, await database.ReadAsync<string>($"SELECT ({value})::text FROM user_logins WHERE user_id = 'second'"));
    }

    [Theory]
    [MemberData(nameof(TakenChanges))]
    public async Task Rows_that_go_in_one_by_one_are_encoded_by_what_the_table_is_now(string before, string change, string value, string expected)
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + before);
        await using var sink = await database.SinkAsync();
        // A refused row makes the batches after it suspect.
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id <> 'bad')");
        await sink.WriteAsync([Record("bad"), Record("first")], TestDatabase.Token);
        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT not_bad");
        await database.RunAsync(change);
        var result = await sink.WriteAsync([Record("second")], TestDatabase.Token);
        Assert.Equal([Outcome.Written], result.Outcomes);
        Assert.Equal(expected, await database.ReadAsync<string>($"SELECT ({value})::text FROM user_logins WHERE user_id = 'second'"));
    }

    [Theory]
    [MemberData(nameof(RefusedChanges))]
    public async Task Table_that_takes_the_rows_no_more_stops_the_run_and_says_why(string before, string change, string named)
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + before);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([Record("first")], TestDatabase.Token);
        await database.RunAsync(change);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Records(3), TestDatabase.Token));
        Assert.Equal(("TableChanged", false), (fault.Id, fault.CommitUnknown));
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.NotEqual("", fault.Remedy);
        if (!change.Contains("SCHEMA", StringComparison.Ordinal))
        {
            Assert.Equal(1, await database.CountAsync("login_etl_ledger"));
            Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
        }
    }

    [Fact]
    public async Task Version_column_that_Initialize_makes_text_under_the_run_gets_text()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([Record("first")], TestDatabase.Token);
        await database.InitializeAsync(new SchemaOptions { AppVersionColumn = AppVersionColumn.Text, AlterAppVersion = true, AlterFrom = Versions.AppVersionFormat.Packed });
        await sink.WriteAsync([Record("second")], TestDatabase.Token);
        Assert.Equal("17.1.2,17.1.2", await database.ReadAsync<string>("SELECT string_agg(app_version, ',') FROM user_logins"));
    }

    [Fact]
    public async Task Table_that_changes_to_and_fro_while_batches_are_written_holds_right_rows_alone()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        using var ended = new CancellationTokenSource();
        var changing = Task.Run(async () =>
        {
            var changes = 0;
            for (; !ended.IsCancellationRequested; changes++)
            {
                await database.RunAsync(changes % 2 == 0
                    ? "ALTER TABLE user_logins ALTER app_version TYPE text USING CASE WHEN app_version = 17001002 THEN '17.1.2' ELSE 'wrong' END"
                    : "ALTER TABLE user_logins ALTER app_version TYPE integer USING CASE WHEN app_version = '17.1.2' THEN 17001002 ELSE 0 END");
            }

            return changes;
        });
        for (var batch = 0; batch < 40; batch++)
        {
            Assert.All((await sink.WriteAsync(Records(100), TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Written, o));
        }

        await ended.CancelAsync();
        Assert.True(await changing > 5, "The table hardly changed.");
        Assert.Equal(4000, await database.CountAsync());
        Assert.Equal(4000, await database.CountAsync("user_logins WHERE app_version::text IN ('17.1.2', '17001002')"));
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Dry_run_finds_out_about_a_change_too()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync(new SinkOptions { DryRun = true });
        // From its first batch on it holds the table's lock.
        await database.RunAsync("ALTER TABLE user_logins ALTER app_version TYPE text");
        Assert.Equal([Outcome.Written], (await sink.WriteAsync([Record("first")], TestDatabase.Token)).Outcomes);
    }

    [Fact]
    public async Task Writer_with_columns_granted_alone_finds_out_about_a_change_and_fires_no_trigger_for_it()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            """
            CREATE SEQUENCE statements;
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN PERFORM nextval('statements'); RETURN NULL; END$$;
            CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH STATEMENT EXECUTE FUNCTION f();
            """);
        await database.AsRoleAsync(
            role => $"""
                {TestDatabase.WriterRights(role)}
                REVOKE INSERT ON user_logins FROM {role};
                GRANT INSERT (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date) ON user_logins TO {role};
                """,
            async settings =>
            {
                await using var sink = await database.SinkAsync(settings: settings);
                await sink.WriteAsync([Record("first")], TestDatabase.Token);
                await database.RunAsync("ALTER TABLE user_logins ALTER app_version TYPE text");
                await sink.WriteAsync([Record("second")], TestDatabase.Token);
                Assert.Equal("17.1.2", await database.ReadAsync<string>("SELECT app_version FROM user_logins WHERE user_id = 'second'"));
                Assert.Equal(2, await database.ReadAsync<long>("SELECT last_value FROM statements"));
            });
    }

    [Theory]
    [InlineData("ALTER TABLE user_logins ADD CONSTRAINT one UNIQUE (user_id)", "ALTER TABLE user_logins DROP CONSTRAINT one, ADD CONSTRAINT other UNIQUE (device_type)", "second")]
    [InlineData("ALTER TABLE user_logins ADD CONSTRAINT one UNIQUE (device_type)", "ALTER TABLE user_logins DROP CONSTRAINT one, ADD CONSTRAINT other UNIQUE (user_id)", null)]
    public async Task Key_that_is_another_now_decides_who_conflicts(string key, string change, string? skipped)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(key);
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Skip });
        await sink.WriteAsync([Record("first")], TestDatabase.Token);
        await database.RunAsync(change);
        var result = await sink.WriteAsync([Record("second")], TestDatabase.Token);
        Assert.Equal([skipped is null ? Outcome.Written : Outcome.Skipped], result.Outcomes);
    }

    [Fact]
    public async Task Key_that_conflicts_go_by_and_that_is_gone_stops_the_run()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT one UNIQUE (user_id)");
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Skip });
        await sink.WriteAsync([Record("first")], TestDatabase.Token);
        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT one");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Record("second")], TestDatabase.Token));
        Assert.Equal("TableChanged", fault.Id);
        Assert.Contains("one (user_id)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_security_that_is_turned_on_under_the_run_is_minded()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            await sink.WriteAsync([Record("first")], TestDatabase.Token);
            await database.RunAsync("ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON user_logins FOR INSERT WITH CHECK (user_id <> 'bad')");
            var result = await sink.WriteAsync([Record("bad"), Record("second")], TestDatabase.Token);
            Assert.Equal([Outcome.Quarantined, Outcome.Written], result.Outcomes);
        });
    }

    [Fact]
    public async Task Table_of_that_name_that_the_user_may_not_write_stops_the_run_as_changed()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            await sink.WriteAsync([Record("first")], TestDatabase.Token);
            await database.RunAsync($"DROP TABLE user_logins; {LoginTable.Create}");
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Record("second")], TestDatabase.Token));
            Assert.Equal("TableChanged", fault.Id);
            Assert.Contains("GRANT INSERT", fault.Remedy, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Ledger_whose_columns_became_others_stops_the_run()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([Record("first")], TestDatabase.Token);
        await database.RunAsync("ALTER TABLE login_etl_ledger DROP CONSTRAINT login_etl_ledger_outcome_check; ALTER TABLE login_etl_ledger ALTER batch TYPE bytea USING NULL, ALTER batch DROP NOT NULL");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Record("second")], TestDatabase.Token));
        Assert.Equal("TableChanged", fault.Id);
        Assert.Contains("login_etl_ledger", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_encodes_by_what_the_table_is_now()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%')");
        await using (var sink = await database.SinkAsync())
        {
            await sink.WriteAsync([Record("bad1"), Record("bad2"), Record("good")], TestDatabase.Token);
        }

        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT not_bad");
        await using var quarantine = await new LoginEtl.Postgres.PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
        foreach (var user in (string[])["bad1", "bad2"])
        {
            var entry = await quarantine.ListAsync(new LoginEtl.Quarantine.QuarantineFilter(), TestDatabase.Token).FirstAsync(TestDatabase.Token);
            var record = Record(user, new QuarantinedDelivery(new MessageId(entry.MessageId), entry.SentTimestamp, 1));
            await quarantine.RestoreAsync([new LoginEtl.Quarantine.RestoreRequest(entry, record)], TestDatabase.Token);
            await database.RunAsync("ALTER TABLE user_logins ALTER app_version TYPE text");
        }

        Assert.Equal("17.1.2", await database.ReadAsync<string>("SELECT app_version FROM user_logins WHERE user_id = 'bad2'"));
    }

    private static LoginRecord Record(string user, Delivery? delivery = null) =>
        Logins.Record(delivery ?? Logins.Delivery(sent: Sent), user, "17.1.2");

    private static LoginRecord[] Records(int count) => [.. Enumerable.Range(0, count).Select(i => Record($"u{i}"))];
}
