using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Postgres;

public sealed class SchemaTests(ServersFixture servers)
{
    [Fact]
    public async Task Everything_missing_is_created_once()
    {
        var database = await TestDatabase.NewAsync(servers);
        Assert.Equal(12, (await database.InitializeAsync()).Count);
        Assert.Empty(await database.InitializeAsync());
        Assert.Equal(
            "user_id varchar(128),device_type varchar(32),masked_ip varchar(256),masked_device_id varchar(256),locale varchar(32),app_version integer,create_date date",
            await database.ReadAsync<string>(
                """
                SELECT string_agg(attname || ' ' || replace(format_type(atttypid, atttypmod), 'character varying', 'varchar'), ',' ORDER BY attnum)
                FROM pg_attribute WHERE attrelid = 'user_logins'::regclass AND attnum > 0
                """));
    }

    [Fact]
    public async Task Plan_changes_nothing_and_says_what_would_run()
    {
        var database = await TestDatabase.NewAsync(servers);
        var plan = await database.InitializeAsync(planOnly: true);
        Assert.Equal(12, plan.Count);
        Assert.Equal(0, await database.CountAsync("pg_class WHERE relname LIKE '%login%'"));
        Assert.Equal(plan, await database.InitializeAsync());
        Assert.Empty(await database.InitializeAsync(planOnly: true));
    }

    [Fact]
    public async Task Processes_that_initialize_at_once_do_not_disturb_each_other()
    {
        var database = await TestDatabase.NewAsync(servers);
        var runs = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => database.InitializeAsync())));
        Assert.Equal(12, runs.Sum(r => r.Count));
    }

    [Fact]
    public async Task Existing_table_stays_as_it_is()
    {
        var database = await TestDatabase.NewAsync(
            servers, "CREATE TABLE user_logins (user_id text, device_type text, masked_ip text, masked_device_id text, locale text, app_version bigint, create_date timestamp, note text DEFAULT 'n'); INSERT INTO user_logins (user_id) VALUES ('old')");
        Assert.Equal(11, (await database.InitializeAsync()).Count);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        Assert.Equal(2, await database.CountAsync("user_logins WHERE note = 'n' AND app_version = 2003000 AND create_date IS NOT NULL"));
        Assert.Equal(3, await database.CountAsync());
        Assert.Equal("text", await database.ReadAsync<string>("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'user_logins'::regclass AND attname = 'user_id'"));
    }

    [Theory]
    [InlineData("etl.user_logins")]
    [InlineData("\"My Schema\".\"User \"\"Logins\"\"\"")]
    public async Task Table_may_be_in_another_schema_and_need_quotes(string table)
    {
        var database = await TestDatabase.NewAsync(servers);
        Assert.Equal(13, (await database.InitializeAsync(table)).Count);
        await using var sink = await database.SinkAsync(table: table);
        Assert.Equal([Outcome.Written], (await sink.WriteAsync([Logins.Record()], TestDatabase.Token)).Outcomes);
        Assert.Equal(1, await database.CountAsync(table));
        Assert.Equal(0, await database.CountAsync("pg_class WHERE relnamespace = 'public'::regnamespace"));
    }

    [Fact]
    public async Task Names_fold_as_the_server_folds_them()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync("User_Logins");
        Assert.Empty(await database.InitializeAsync());
    }

    [Theory]
    [InlineData("a.b.c.d")]
    [InlineData("x; DROP TABLE y")]
    [InlineData("")]
    [InlineData("\"open")]
    public async Task Name_that_is_none_is_refused(string table)
    {
        var database = await TestDatabase.NewAsync(servers);
        Assert.Equal("InvalidTableName", (await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync(table))).Id);
        Assert.Equal("InvalidTableName", (await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(table: table))).Id);
    }

    [Fact]
    public async Task Partitioned_table_is_written()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, LoginTable.Begun + " PARTITION BY LIST (locale); CREATE TABLE ru PARTITION OF user_logins FOR VALUES IN ('RU'); CREATE TABLE others PARTITION OF user_logins DEFAULT");
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([Logins.Record(), Logins.Record(locale: null)], TestDatabase.Token);
        Assert.Equal(1, await database.CountAsync("ru"));
    }

    [Theory]
    [InlineData(AppVersionColumn.Text, "app_version text")]
    [InlineData(AppVersionColumn.Three, "app_version_major integer,app_version_minor integer,app_version_patch integer")]
    public async Task Created_table_holds_versions_as_asked_for(AppVersionColumn column, string columns)
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { AppVersionColumn = column });
        Assert.Equal(columns, await database.ReadAsync<string>(
            "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'user_logins'::regclass AND attname LIKE 'app%'"));
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Written], (await sink.WriteAsync([Logins.Record(version: "2.3.4")], TestDatabase.Token)).Outcomes);
    }

    [Fact]
    public async Task Existing_version_column_is_altered_only_when_told_to()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Assert.Empty(await database.InitializeAsync(new SchemaOptions { AppVersionColumn = AppVersionColumn.Text }));
        var alter = new SchemaOptions { AppVersionColumn = AppVersionColumn.Text, AlterAppVersion = true };
        var plan = await database.InitializeAsync(alter with { PlanOnly = true });
        Assert.Equal(["ALTER TABLE \"public\".\"user_logins\" ALTER COLUMN \"app_version\" TYPE text USING \"app_version\"::text"], plan);
        Assert.Equal(plan, await database.InitializeAsync(alter));
        Assert.Empty(await database.InitializeAsync(alter));
    }

    [Theory]
    [InlineData(AppVersionFormat.Packed, "12.3.4", "12.3.4")]
    [InlineData(AppVersionFormat.Packed, "2.3", "2.3.0")]
    [InlineData(AppVersionFormat.Decimal, "2.33.4", "2.33.4")]
    [InlineData(AppVersionFormat.Nibble, "20.15.4", "20.15.4")]
    [InlineData(AppVersionFormat.Digits, "2.3.4", "234")]
    [InlineData(AppVersionFormat.Auto, "2.3.4", "2003004")]
    public async Task Altered_versions_read_as_they_were_encoded(AppVersionFormat format, string version, string expected)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using (var sink = await database.SinkAsync(new SinkOptions { AppVersionFormat = format }))
        {
            await sink.WriteAsync([Logins.Record(version: version)], TestDatabase.Token);
        }

        await database.InitializeAsync(new SchemaOptions { AppVersionColumn = AppVersionColumn.Text, AlterAppVersion = true, AlterFrom = format });
        Assert.Equal(expected, await database.ReadAsync<string>("SELECT app_version FROM user_logins"));
    }

    [Fact]
    public async Task Change_takes_as_long_as_the_table_is_large_and_waits_for_others_a_bounded_time()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            """
            INSERT INTO user_logins (app_version) VALUES (1);
            CREATE FUNCTION slow(v text) RETURNS boolean LANGUAGE sql AS 'SELECT pg_sleep(2.5) IS NOT NULL';
            ALTER TABLE user_logins ADD CHECK (slow(app_version::text)) NOT VALID
            """);
        await database.RunAsync("ALTER TABLE user_logins VALIDATE CONSTRAINT user_logins_app_version_check");
        var settings = database.Settings() with { Timeout = TimeSpan.FromSeconds(1) };
        var alter = new SchemaOptions { AppVersionColumn = AppVersionColumn.Text, AlterAppVersion = true };
        await using (var other = await database.OpenAsync())
        {
            await using var transaction = await other.BeginTransactionAsync(TestDatabase.Token);
            await using var hold = new Npgsql.NpgsqlCommand("LOCK TABLE user_logins IN ROW EXCLUSIVE MODE", other);
            await hold.ExecuteNonQueryAsync(TestDatabase.Token);
            Assert.Equal("WriteFailed", (await Assert.ThrowsAsync<LoginEtlException>(() => new LoginEtl.Postgres.PostgresConnector().InitializeAsync(settings, alter, TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(20), TestDatabase.Token))).Id);
        }

        Assert.Single(await new LoginEtl.Postgres.PostgresConnector().InitializeAsync(settings, alter, TestDatabase.Token));
    }

    [Fact]
    public async Task Altering_to_anything_but_text_is_refused()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Assert.Equal("SettingInvalid", (await Assert.ThrowsAsync<LoginEtlException>(
            () => database.InitializeAsync(new SchemaOptions { AppVersionColumn = AppVersionColumn.Three, AlterAppVersion = true }))).Id);
        await database.RunAsync("ALTER TABLE user_logins DROP app_version");
        Assert.Equal("TableUnsuitable", (await Assert.ThrowsAsync<LoginEtlException>(
            () => database.InitializeAsync(new SchemaOptions { AppVersionColumn = AppVersionColumn.Text, AlterAppVersion = true }))).Id);
    }

    [Fact]
    public async Task Quarantine_of_an_earlier_version_gets_what_it_lacks()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE login_etl_quarantine DROP restored_at");
        Assert.Equal(["ALTER TABLE \"public\".\"login_etl_quarantine\" ADD COLUMN restored_at timestamptz"], await database.InitializeAsync());
        Assert.Empty(await database.InitializeAsync());
        await database.RunAsync("DROP TABLE login_etl_quarantine; CREATE TABLE login_etl_quarantine (mine text)");
        Assert.StartsWith("UPDATE \"public\".\"login_etl_schema\"", Assert.Single(await database.InitializeAsync(new SchemaOptions { AcceptRestored = true })), StringComparison.Ordinal);
    }
}
