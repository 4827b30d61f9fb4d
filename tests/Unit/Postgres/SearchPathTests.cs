using LoginEtl.Audit;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>
/// A name without a schema stands for one table alone: not for what a stranger put into the search path, in a schema that he
/// made to be found there.
/// </summary>
public sealed class SearchPathTests(ServersFixture servers)
{
    [Theory]
    [InlineData(true, "TableAmbiguous")]
    [InlineData(false, "ForeignObject")]
    public async Task Schema_of_the_account_s_name_is_not_looked_into_where_a_stranger_made_it(bool hasBoth, string id)
    {
        var database = hasBoth ? await TestDatabase.InitializedAsync(servers) : await TestDatabase.NewAsync(servers, "SELECT 1");
        await database.AsRoleAsync(account => $"GRANT USAGE ON SCHEMA public TO {account}", account =>
            database.AsRoleAsync(stranger => "SELECT 1", async stranger =>
            {
                var schema = account.UserName!;
                await database.RunAsync($"CREATE SCHEMA {schema} AUTHORIZATION {stranger.UserName}");
                await new PostgresConnector().InitializeAsync(stranger with { Table = $"{schema}.user_logins" }, new SchemaOptions(), TestDatabase.Token);
                await database.RunAsync($"GRANT USAGE ON SCHEMA {schema} TO {account.UserName}; GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {account.UserName}");
                foreach (var act in Acts(account))
                {
                    var fault = await Assert.ThrowsAsync<LoginEtlException>(act);
                    Assert.Equal(id, fault.Id);
                    Assert.Contains(schema, fault.Message, StringComparison.Ordinal);
                    Assert.Contains("-Table schema.table", fault.Remedy, StringComparison.Ordinal);
                }

                var checks = await new PostgresConnector().CheckAsync(account, new SinkOptions(), TestDatabase.Token);
                Assert.Contains(checks, c => c is { Name: "Table", Outcome: CheckOutcome.Fail } && c.Detail.Contains(schema, StringComparison.Ordinal));

                // Whoever names it means it.
                await using var sink = await new PostgresConnector().WriteToAsync(account with { Table = $"{schema}.user_logins" }, new SinkOptions(), TestDatabase.Token);
                await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
                Assert.Equal(2, await database.CountAsync($"{schema}.user_logins"));
            }));
    }

    [Theory]
    [InlineData("owner", true)]
    [InlineData("member", true)]
    [InlineData("", false)]
    public async Task Schema_that_the_path_names_is_looked_into_unless_its_owner_may_have_made_it_to_be_found(string maker, bool mayMakeSchemas)
    {
        // He who may make schemas owns it, or is in the group that does.
        const string Grant = "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO {0}', current_database()); END $$";
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        await database.AsRoleAsync(account => $"ALTER ROLE {account} SET search_path = app, public", account =>
            database.AsRoleAsync(owner => maker == "owner" ? Grant.Replace("{0}", owner, StringComparison.Ordinal) : "SELECT 1", owner =>
            database.AsRoleAsync(member => maker == "member" ? $"GRANT {owner.UserName} TO {member}; {Grant.Replace("{0}", member, StringComparison.Ordinal)}" : "SELECT 1", async _ =>
            {
                await database.RunAsync($"CREATE SCHEMA app AUTHORIZATION {owner.UserName}; GRANT ALL ON SCHEMA app TO {account.UserName}");
                if (mayMakeSchemas)
                {
                    foreach (var act in Acts(account))
                    {
                        var fault = await Assert.ThrowsAsync<LoginEtlException>(act);
                        Assert.Equal("ForeignObject", fault.Id);
                        Assert.Contains(owner.UserName!, fault.Message, StringComparison.Ordinal);
                    }
                }

                await new PostgresConnector().InitializeAsync(account with { Table = mayMakeSchemas ? "app.user_logins" : "user_logins" }, new SchemaOptions(), TestDatabase.Token);
                Assert.True(await database.ReadAsync<bool>("SELECT to_regclass('app.user_logins') IS NOT NULL"));
                await database.RunAsync("DROP SCHEMA app CASCADE");
            })));
    }

    [Fact]
    public async Task Schema_of_the_account_s_name_is_its_own_where_it_owns_it()
    {
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        await database.AsRoleAsync(role => $"CREATE SCHEMA AUTHORIZATION {role}", async settings =>
        {
            await new PostgresConnector().InitializeAsync(settings, new SchemaOptions(), TestDatabase.Token);
            await using var sink = await database.SinkAsync(settings: settings);
            await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
            Assert.Equal(2, await database.CountAsync($"{settings.UserName}.user_logins"));
        });
    }

    [Fact]
    public async Task Run_goes_on_with_the_table_that_it_began_with()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            await sink.WriteAsync(Logins.Records(1), TestDatabase.Token);
            await database.RunAsync($"CREATE SCHEMA {settings.UserName}; CREATE TABLE {settings.UserName}.user_logins (LIKE public.user_logins); GRANT ALL ON SCHEMA {settings.UserName} TO {settings.UserName}; GRANT ALL ON ALL TABLES IN SCHEMA {settings.UserName} TO {settings.UserName}; ALTER TABLE public.user_logins ADD COLUMN more int");
            await sink.WriteAsync(Logins.Records(1), TestDatabase.Token);
            Assert.Equal(2, await database.CountAsync("public.user_logins"));
        });
    }

    [Fact]
    public async Task View_is_not_searched()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins RENAME TO meant; CREATE VIEW user_logins AS SELECT * FROM meant");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => new PostgresConnector().OpenTokensAsync(database.Settings(), TestDatabase.Token));
        Assert.Equal("TableUnsuitable", fault.Id);
    }

    [Theory]
    [InlineData(";Search Path=mine,pg_catalog", "")]
    [InlineData(";Options=-c search_path=mine,public,pg_catalog", "")]
    [InlineData(";Search Path='\"mine-to-come\",pg_catalog'", "")]
    [InlineData("", "ALTER ROLE {0} SET search_path = 'mine-to-come', 'PG_CATALOG', pg_catalog")]
    [InlineData("", "ALTER ROLE {0} SET search_path = mine, pg_catalog")]
    [InlineData("", "DO $$ BEGIN EXECUTE format('ALTER ROLE {0} IN DATABASE %I SET search_path = pg_temp, mine, pg_catalog, public', current_database()); END $$")]
    public async Task Nobody_is_served_where_a_schema_comes_before_the_system_s(string path, string setting)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("CREATE SCHEMA mine; CREATE FUNCTION mine.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'");
        await database.AsRoleAsync(role => $"GRANT ALL ON SCHEMA public, mine TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; {setting.Replace("{0}", role, StringComparison.Ordinal)}", async account =>
        {
            var settings = account with { Database = new SecretText(account.Database.Reveal() + path), Table = "public.user_logins" };
            foreach (var act in Acts(settings))
            {
                var fault = await Assert.ThrowsAsync<LoginEtlException>(act);
                Assert.Equal("SearchPathUnsafe", fault.Id);
                Assert.Contains("mine", fault.Message, StringComparison.Ordinal);
            }

            var checks = await new PostgresConnector().CheckAsync(settings, new SinkOptions(), TestDatabase.Token);
            Assert.Contains(checks, c => c is { Name: "Database server", Outcome: CheckOutcome.Fail } && c.Detail.Contains("search path", StringComparison.Ordinal));
        });
    }

    [Theory]
    [InlineData("pg_catalog, mine, public")]
    [InlineData("mine, public")]
    [InlineData("pg_temp, public")]
    public async Task System_s_own_may_be_named_first_or_not_at_all(string path)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("CREATE SCHEMA mine");
        var settings = database.Settings();
        await using var sink = await new PostgresConnector().WriteToAsync(settings with { Database = new SecretText($"{settings.Database.Reveal()};Search Path='{path}'") }, new SinkOptions(), TestDatabase.Token);
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        Assert.Equal(2, await database.CountAsync("public.user_logins"));
    }

    [Theory]
    [InlineData("CREATE TEMP VIEW pg_class AS SELECT * FROM pg_catalog.pg_class", "pg_class")]
    [InlineData("CREATE DOMAIN pg_temp.text AS pg_catalog.text", "text")]
    [InlineData("CREATE TEMP TABLE login_etl_audit_anchor (LIKE public.login_etl_audit_anchor INCLUDING ALL)", "login_etl_audit_anchor")]
    public async Task Session_with_temporary_objects_of_the_system_s_names_serves_nobody(string made, string name)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString);
        var settings = database.Settings("public.user_logins") with { Database = new SecretText(pooler.ConnectionString) };
        await using var anchor = await new PostgresConnector().OpenAnchorAsync(settings, TestDatabase.Token);
        await TestDatabase.By(pooler.ConnectionString).RunAsync(made);
        foreach (var act in Acts(settings))
        {
            AssertUnsafe(await Assert.ThrowsAsync<LoginEtlException>(act));
        }

        // What was opened before is not taken in by it.
        Assert.NotNull(await anchor.AddAsync(FirstAnchor, TestDatabase.Token));
        Assert.Equal(1, await database.CountAsync("public.login_etl_audit_anchor"));

        void AssertUnsafe(LoginEtlException fault)
        {
            Assert.Equal("SearchPathUnsafe", fault.Id);
            Assert.Contains(name, fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Anchor_is_not_taken_in_by_a_schema_that_comes_before_the_system_s_later()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString);
        await using var anchor = await new PostgresConnector().OpenAnchorAsync(
            database.Settings("public.user_logins") with { Database = new SecretText(pooler.ConnectionString) }, TestDatabase.Token);
        await database.RunAsync(
            """
            CREATE SCHEMA mine;
            CREATE FUNCTION mine.decode(text, text) RETURNS bytea LANGUAGE sql AS $$SELECT pg_catalog.decode(pg_catalog.repeat('ee', pg_catalog.length($1) / 2), 'hex')$$;
            CREATE FUNCTION mine.encode(bytea, text) RETURNS text LANGUAGE sql AS $$SELECT CASE pg_catalog.length($1) WHEN 36 THEN pg_catalog.repeat('b', 72) ELSE pg_catalog.repeat('0', 64) END$$;
            CREATE VIEW mine.pg_class AS SELECT * FROM pg_catalog.pg_class WHERE relname NOT LIKE 'login%';
            """);
        await TestDatabase.By(pooler.ConnectionString).RunAsync("SET search_path = mine, pg_catalog, public");

        Assert.NotNull(await anchor.AddAsync(FirstAnchor, TestDatabase.Token));
        Assert.Equal(FirstAnchor.Mac, (await anchor.AskAsync(FirstAnchor.FileId, "here", TestDatabase.Token)).OfFile?.Mac);
        Assert.Equal(FirstAnchor.Mac, Assert.Single(await anchor.ListAsync(null, TestDatabase.Token)).Mac);
        Assert.Empty(await anchor.ElsewhereAsync(TestDatabase.Token));
        await anchor.RequireApartAsync(TestDatabase.Token);
        Assert.Equal(FirstAnchor.Mac, await database.ReadAsync<string>("SELECT encode(mac, 'hex') FROM login_etl_audit_anchor"));
    }

    [Theory]
    [InlineData("pg_temp.user_logins")]
    [InlineData("\"pg_temp_3\".user_logins")]
    [InlineData("pg_catalog.pg_class")]
    public async Task Table_that_is_temporary_or_the_system_s_is_none(string table)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        foreach (var act in Acts(database.Settings(table)))
        {
            Assert.Equal("TableUnsuitable", (await Assert.ThrowsAsync<LoginEtlException>(act)).Id);
        }
    }

    private static AuditAnchor FirstAnchor { get; } = new() { FileId = Guid.NewGuid(), Line = 1, Mac = new string('0', 64), Place = "here", Number = 1, Link = new string('b', 72) };

    private static IEnumerable<Func<Task>> Acts(DatabaseSettings settings)
    {
        var (connector, token) = (new PostgresConnector(), TestDatabase.Token);
        yield return () => connector.InitializeAsync(settings, new SchemaOptions(), token);
        yield return () => connector.WriteToAsync(settings, new SinkOptions(), token);
        yield return () => connector.OpenQuarantineAsync(settings, new SinkOptions(), token);
        yield return () => connector.OpenTokensAsync(settings, token);
        yield return () => connector.OpenVaultAsync(settings, token);
        yield return () => connector.OpenAnchorAsync(settings, token);
    }
}
