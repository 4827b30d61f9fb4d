using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Versions;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>The views and indexes for analysts, on tables of all kinds.</summary>
public sealed class AnalysisTests(ServersFixture servers)
{
    private const string Device = "siv1.AQAAAA";
    private static readonly SchemaOptions Wanted = new() { Analysis = true };
    private static readonly string[] Views = ["login_etl_login", "login_etl_token", "login_etl_network", "login_etl_day"];

    [Fact]
    public async Task Views_and_indexes_are_made_once()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var plan = await database.InitializeAsync(Wanted with { PlanOnly = true });
        Assert.Equal(6, plan.Count);
        Assert.Equal("CREATE INDEX ON \"public\".\"user_logins\" (\"masked_ip\" pg_catalog.text_pattern_ops)", plan[0]);
        Assert.Equal(plan, await database.InitializeAsync(Wanted));
        Assert.Empty(await database.InitializeAsync(Wanted));
        Assert.Empty(await database.InitializeAsync());
    }

    [Theory]
    [InlineData(AppVersionColumn.Integer)]
    [InlineData(AppVersionColumn.Text)]
    [InlineData(AppVersionColumn.Three)]
    public async Task Plan_for_a_new_database_is_what_is_made(AppVersionColumn column)
    {
        var database = await TestDatabase.NewAsync(servers);
        var options = Wanted with { AppVersionColumn = column, Roles = true };
        var plan = await database.InitializeAsync(options with { PlanOnly = true });
        await database.RunAsync(string.Join(";\n", plan));
        Assert.Empty(await database.InitializeAsync(options));
        await WriteAsync(database, Logins.Record(version: "12.3.4"));
        Assert.Equal("12.3.4 12 3 4", await database.ReadAsync<string>("SELECT concat_ws(' ', app_version, app_version_major, app_version_minor, app_version_patch) FROM login_etl_login"));
    }

    [Theory]
    [InlineData("integer", AppVersionFormat.Auto, "2.30.4", "2.30.4 2 30 4")]
    [InlineData("bigint", AppVersionFormat.Packed, "2.3", "2.3.0 2 3 0")]
    [InlineData("integer", AppVersionFormat.Decimal, "2.33.4", "2.33.4 2 33 4")]
    [InlineData("smallint", AppVersionFormat.Nibble, "2.15.4", "2.15.4 2 15 4")]
    [InlineData("integer", AppVersionFormat.Digits, "2.3.4", "234")]
    [InlineData("varchar(20)", AppVersionFormat.Auto, "2.3", "2.3 2 3")]
    [InlineData("text", AppVersionFormat.Sortable, "2.3.40", "2.3.40 2 3 40")]
    public async Task Version_reads_as_it_was_sent(string type, AppVersionFormat format, string version, string expected)
    {
        var database = await TestDatabase.InitializedAsync(
            servers, $"CREATE TABLE user_logins (user_id text, device_type text, masked_ip text, masked_device_id text, locale text, app_version {type}, create_date date)");
        await database.InitializeAsync(Wanted with { AppVersionFormat = format });
        await using (var sink = await database.SinkAsync(new() { AppVersionFormat = format }))
        {
            await sink.WriteAsync([Logins.Record(version: version)], TestDatabase.Token);
        }

        Assert.Equal(expected, await database.ReadAsync<string>("SELECT concat_ws(' ', app_version, app_version_major, app_version_minor, app_version_patch) FROM login_etl_login"));
        await database.RunAsync("UPDATE user_logins SET app_version = NULL");
        Assert.Equal(1, await database.CountAsync("login_etl_login WHERE app_version IS NULL AND app_version_major IS NULL"));
    }

    [Fact]
    public async Task Text_that_is_no_version_ends_no_query()
    {
        var database = await TestDatabase.InitializedAsync(servers, "CREATE TABLE user_logins (user_id text, device_type text, masked_ip text, masked_device_id text, locale text, app_version text, create_date date)");
        await database.InitializeAsync(Wanted);
        await database.RunAsync("INSERT INTO user_logins (app_version) VALUES ('beta'), ('1.x'), (''), ('1.2.3.4'), ('99999999999.1'), ('١.٢'), ('1.2')");
        Assert.Equal(1, await database.CountAsync("login_etl_login WHERE app_version_major IS NOT NULL"));
        Assert.Equal(7, await database.CountAsync("login_etl_login WHERE app_version IS NOT NULL"));
    }

    [Fact]
    public async Task Columns_of_other_names_and_types_and_partitions_read_by_the_standard_names()
    {
        var names = ColumnNames.Parse("masked_ip=hashed_ip,create_date=logged at");
        var database = await TestDatabase.InitializedAsync(
            servers,
            """
            CREATE TYPE device AS ENUM ('android', 'ios');
            CREATE TABLE user_logins (user_id uuid, device_type device, hashed_ip varchar(256), masked_device_id char(60), locale text, app_version integer, "logged at" timestamptz) PARTITION BY LIST (locale);
            CREATE TABLE ru PARTITION OF user_logins FOR VALUES IN ('RU')
            """, names);
        Assert.Equal(6, (await database.InitializeAsync(Wanted)).Count);
        Assert.Empty(await database.InitializeAsync(Wanted));
        var user = Guid.NewGuid();
        await WriteAsync(database, Logins.Record(Logins.Delivery(sent: new DateTimeOffset(2026, 11, 20, 23, 30, 0, TimeSpan.Zero)), user: $"{user}"));
        Assert.Equal(
            $"2026-11-20 {user} android RU",
            await database.ReadAsync<string>("SET TimeZone = 'Pacific/Auckland'; SELECT concat_ws(' ', day, user_id, device_type, locale) FROM login_etl_login"));
    }

    [Fact]
    public async Task Tokens_tell_how_often_and_when_they_were_seen()
    {
        var database = await AnalysedAsync();
        await database.RunAsync(
            $"""
            INSERT INTO user_logins (user_id, masked_ip, masked_device_id, create_date) VALUES
                ('a', '{Device}1', '{Device}x', '2026-11-01'), ('b', '{Device}1', '{Device}y', '2026-11-03'), ('b', '{Device}2', NULL, '2026-11-02'), ('b', NULL, '{Device}x', NULL)
            """);
        Assert.Equal(
            "device_id x 2 2 2026-11-01 2026-11-01, device_id y 1 1 2026-11-03 2026-11-03, ip 1 2 2 2026-11-01 2026-11-03, ip 2 1 1 2026-11-02 2026-11-02",
            await database.ReadAsync<string>("SELECT string_agg(concat_ws(' ', attribute, right(token, 1), logins, users, first_day, last_day), ', ' ORDER BY attribute, token) FROM login_etl_token"));
        Assert.Equal(
            "2026-11-01 1 1 1 1, 2026-11-02 1 1 0 1, 2026-11-03 1 1 1 1, 1 1 1 0",
            await database.ReadAsync<string>("SELECT string_agg(concat_ws(' ', day, logins, users, devices, addresses), ', ' ORDER BY day) FROM login_etl_day"));
    }

    [Fact]
    public async Task Networks_are_told_by_key_and_what_is_no_address_is_none()
    {
        var database = await AnalysedAsync();
        await database.RunAsync(
            """
            INSERT INTO user_logins (user_id, masked_ip, create_date)
            SELECT 'u' || n, 'pfx1.' || ip, '2026-11-01' FROM unnest(ARRAY[
                '0bad0001.19.214.210.244', '0bad0001.19.214.210.7', '0bad0001.19.214.211.7', '0bad0002.19.214.210.7',
                '0bad0001.2001:db8:1:2::3', '0bad0001.2001:db8:1:3:4:5:6:7', '0bad0001.::1', '0bad0001.2001:db8::',
                '0bad0001.999.1.1.1', '0bad0001.1.2.3', '0bad0001.1::2::3', '0bad0001.:::', '0bad0001.1:2:3:4:5:6:7:8:9', '0bad0001.12345::1', '0bad0001.', '0bad0001.1::2:3:4:5:6:7:8', 'xx.1.2.3.4']) WITH ORDINALITY AS a(ip, n);
            INSERT INTO user_logins (user_id, masked_ip) VALUES ('s', 'siv1.AQAAAA')
            """);
        Assert.Equal(
            "pfx1.0bad0001.19.214.210.0/24 2, pfx1.0bad0001.19.214.211.0/24 1, pfx1.0bad0001.2001:db8:1::/48 2, pfx1.0bad0001.2001:db8::/48 1, pfx1.0bad0001.::/48 1, pfx1.0bad0002.19.214.210.0/24 1",
            await database.ReadAsync<string>("SELECT string_agg(concat_ws(' ', ip_network, logins), ', ' ORDER BY ip_network COLLATE \"C\") FROM login_etl_network"));
    }

    [Fact]
    public async Task Search_by_a_token_reads_the_index()
    {
        var database = await AnalysedAsync();
        await database.RunAsync($"INSERT INTO user_logins (masked_ip, masked_device_id) SELECT 'siv1.' || md5(n::text), 'siv1.' || md5(n::text) FROM generate_series(1, 20000) n; ANALYZE user_logins");
        foreach (var column in new[] { "masked_ip", "masked_device_id" })
        {
            var plan = await database.ReadAsync<string>($"EXPLAIN (FORMAT JSON) SELECT user_id::text FROM user_logins WHERE {column}::text = ANY ('{{siv1.a,siv1.b}}'::text[])");
            Assert.Contains($"user_logins_{column}_idx", plan, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Index_that_is_there_is_enough()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("CREATE INDEX own ON user_logins (masked_ip, create_date); CREATE INDEX part ON user_logins (masked_device_id) WHERE locale = 'RU'");
        Assert.Equal("CREATE INDEX ON \"public\".\"user_logins\" (\"masked_device_id\" pg_catalog.text_pattern_ops)", Assert.Single(await database.InitializeAsync(Wanted), s => s.StartsWith("CREATE INDEX", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Analyst_sees_counts_alone_and_reader_the_rows()
    {
        var database = await AnalysedAsync(Wanted with { Roles = true });
        await WriteAsync(database, Logins.Record());
        await database.AsMemberAsync("login_etl_analyst", async settings =>
        {
            await TestDatabase.RunAsAsync(settings, "SELECT * FROM login_etl_day");
            foreach (var relation in new[] { "user_logins", "login_etl_login", "login_etl_token", "login_etl_network", "login_etl_ledger", "login_etl_quarantine" })
            {
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.RunAsAsync(settings, $"SELECT * FROM {relation}"))).SqlState);
            }
        });
        await database.AsMemberAsync("login_etl_reader", async settings =>
        {
            foreach (var view in Views)
            {
                await TestDatabase.RunAsAsync(settings, $"SELECT * FROM {view}");
            }
        });
        Assert.Equal("day,device_type,locale,app_version,logins,users,devices,addresses", await database.ReadAsync<string>("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'login_etl_day'::regclass AND attnum > 0"));
    }

    [Fact]
    public async Task Other_format_replaces_the_views_and_keeps_their_grants()
    {
        var database = await AnalysedAsync(Wanted with { Roles = true });
        await database.RunAsync("GRANT SELECT ON login_etl_token TO login_etl_analyst; INSERT INTO user_logins (app_version) VALUES (20304)");
        Assert.Single(await database.InitializeAsync(Wanted with { AppVersionFormat = AppVersionFormat.Decimal, Roles = true }));
        Assert.Equal("2.3.4", await database.ReadAsync<string>("SELECT app_version FROM login_etl_login"));
        Assert.True(await database.ReadAsync<bool>("SELECT has_table_privilege('login_etl_analyst', 'login_etl_token', 'SELECT')"));
    }

    [Fact]
    public async Task Version_column_under_the_views_is_not_altered_and_nothing_is()
    {
        var database = await AnalysedAsync();
        var alter = new SchemaOptions { AppVersionColumn = AppVersionColumn.Text, AlterAppVersion = true };
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync(alter));
        Assert.Equal("TableUnsuitable", fault.Id);
        Assert.Contains("DROP VIEW public.login_etl_", fault.Remedy, StringComparison.Ordinal);
        await database.RunAsync("DROP VIEW login_etl_login CASCADE");
        await database.InitializeAsync(alter);
        Assert.Equal(4, (await database.InitializeAsync(Wanted)).Count);
    }

    [Fact]
    public async Task Second_table_of_a_schema_is_refused()
    {
        var database = await AnalysedAsync();
        await database.InitializeAsync("other_logins");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync(Wanted, "other_logins"));
        Assert.Equal("TableUnsuitable", fault.Id);
        Assert.Empty(await database.InitializeAsync(Wanted));
    }

    [Fact]
    public async Task Views_of_a_table_that_was_renamed_with_the_first_of_them_are_made_anew()
    {
        var database = await AnalysedAsync();
        await database.RunAsync("INSERT INTO user_logins (user_id) VALUES ('a'); ALTER TABLE user_logins RENAME TO before; ALTER VIEW login_etl_login RENAME TO login_before");
        await database.InitializeAsync(Wanted);
        Assert.Empty(await database.InitializeAsync(Wanted));
        Assert.Equal(0, await database.CountAsync("login_etl_day"));
        Assert.Equal(1, await database.CountAsync("login_before"));
    }

    [Fact]
    public async Task View_of_a_strangers_code_that_changed_hands_and_has_our_comment_is_made_anew()
    {
        var database = await AnalysedAsync();
        var owner = await database.ReadAsync<string>("SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = 'login_etl_day'::regclass");
        var comment = await database.ReadAsync<string>("SELECT obj_description('login_etl_day'::regclass, 'pg_class')");
        await database.RunAsync("DROP VIEW login_etl_day");
        await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}; GRANT SELECT ON login_etl_login TO {role}", async settings =>
        {
            await TestDatabase.RunAsAsync(
                settings,
                $"""
                CREATE FUNCTION theirs() RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint';
                CREATE VIEW login_etl_day AS SELECT day, device_type, locale, app_version, theirs() AS logins, 0::bigint AS users, 0::bigint AS devices, 0::bigint AS addresses FROM login_etl_login;
                COMMENT ON VIEW login_etl_day IS '{comment}'
                """);
            await database.RunAsync($"ALTER VIEW login_etl_day OWNER TO \"{owner}\"");

            Assert.Contains("OR REPLACE VIEW \"public\".\"login_etl_day\"", Assert.Single(await database.InitializeAsync(Wanted)), StringComparison.Ordinal);
            Assert.DoesNotContain("theirs", await database.ReadAsync<string>("SELECT pg_get_viewdef('login_etl_day'::regclass)"), StringComparison.Ordinal);
            Assert.Empty(await database.InitializeAsync(Wanted));
        });
    }

    [Theory]
    [InlineData("CREATE VIEW login_etl_day AS SELECT 1 AS n", "belongs to")]
    [InlineData("CREATE TABLE login_etl_token (n int)", "belongs to")]
    [InlineData("CREATE TYPE login_etl_day AS ENUM ('a')", "There is a type")]
    public async Task What_a_stranger_has_put_in_their_place_is_refused(string sql, string said)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}", async settings =>
        {
            await TestDatabase.RunAsAsync(settings, sql);
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync(Wanted));
            Assert.Equal("ForeignObject", fault.Id);
            Assert.Contains(said, fault.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Table_that_hides_rows_or_is_a_strangers_or_cannot_be_read_gets_no_views()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY");
        Assert.Equal("TableUnsuitable", await FaultAsync(database));

        var strangers = await TestDatabase.NewAsync(servers);
        await strangers.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}", async settings =>
        {
            await TestDatabase.RunAsAsync(settings, "CREATE TABLE user_logins (user_id text, device_type text, masked_ip text, masked_device_id text, locale text, app_version text, create_date date)");
            Assert.Equal("ForeignObject", await FaultAsync(strangers));
        });

        var unread = await TestDatabase.InitializedAsync(servers);
        await unread.AsRoleAsync(role => $"GRANT CREATE, USAGE ON SCHEMA public TO {role}; GRANT INSERT ON user_logins TO {role}; GRANT SELECT ON login_etl_key, login_etl_schema TO {role}", async settings =>
            Assert.Equal("TableAccessDenied", (await Assert.ThrowsAsync<LoginEtlException>(() => new LoginEtl.Postgres.PostgresConnector().InitializeAsync(settings, Wanted, TestDatabase.Token))).Id));
    }

    private static async Task<string> FaultAsync(TestDatabase database) =>
        (await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync(Wanted))).Id;

    private async Task<TestDatabase> AnalysedAsync(SchemaOptions? options = null)
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(options ?? Wanted);
        return database;
    }

    private static async Task WriteAsync(TestDatabase database, LoginRecord login)
    {
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([login], TestDatabase.Token);
    }
}
