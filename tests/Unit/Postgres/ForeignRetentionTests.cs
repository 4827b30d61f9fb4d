using System.Data;
using LoginEtl.Checks;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;
using static LoginEtl.Unit.Postgres.Intruder;

namespace LoginEtl.Unit.Postgres;

/// <summary>Nobody gets the rights of whoever made the retention's function, and runs go on where it refuses.</summary>
public sealed class ForeignRetentionTests(ServersFixture servers)
{
    private const string Name = "Data retention";

    private const string Spy =
        """
        CREATE TABLE called (who text); GRANT INSERT ON called TO PUBLIC;
        CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.called VALUES (current_user); RETURN NULL; END';
        CREATE TABLE referring (key uuid, user_id text);
        """;

    private static readonly Retention s_all = new() { Rows = 400, Quarantine = 30, Vault = 90 };

    [Theory]
    [InlineData("user_logins", "CREATE TRIGGER t BEFORE DELETE ON user_logins FOR EACH ROW EXECUTE FUNCTION spy()")]
    [InlineData("user_logins", "CREATE TRIGGER t AFTER DELETE ON user_logins FOR EACH STATEMENT EXECUTE FUNCTION spy()")]
    [InlineData("user_logins", "CREATE RULE r AS ON DELETE TO user_logins DO ALSO INSERT INTO called VALUES (current_user)")]
    [InlineData("user_logins", "ALTER TABLE user_logins ADD UNIQUE (user_id); ALTER TABLE referring ADD FOREIGN KEY (user_id) REFERENCES user_logins (user_id) ON DELETE CASCADE")]
    [InlineData("user_logins", "ALTER TABLE user_logins ADD UNIQUE (user_id); ALTER TABLE referring ADD FOREIGN KEY (user_id) REFERENCES user_logins (user_id) ON DELETE SET NULL")]
    [InlineData("login_etl_vault", "CREATE TRIGGER t BEFORE DELETE ON login_etl_vault FOR EACH STATEMENT EXECUTE FUNCTION spy()")]
    [InlineData("login_etl_quarantine", "CREATE TRIGGER t BEFORE UPDATE ON login_etl_quarantine FOR EACH ROW EXECUTE FUNCTION spy()")]
    [InlineData("login_etl_quarantine", "CREATE RULE r AS ON UPDATE TO login_etl_quarantine DO ALSO INSERT INTO called VALUES (current_user)")]
    public async Task What_would_run_with_its_rights_makes_it_refuse(string relation, string trap)
    {
        var database = await MadeAsync();
        await database.RunAsync(Spy + trap);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => database.RunAsync("SELECT login_etl_retain(10)"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        Assert.Contains($"public.{relation}", refused.MessageText, StringComparison.Ordinal);
        var check = Assert.Single(await CheckAsync(database), c => c.Name == Name);
        Assert.Equal(CheckOutcome.Warn, check.Outcome);
        Assert.Contains($"something stands on public.{relation}", check.Detail, StringComparison.Ordinal);
        if (relation == "user_logins")
        {
            await WriteAsync(database);
        }

        Assert.Equal((0, 1), (await database.CountAsync("called"), await database.CountAsync("user_logins WHERE create_date = '2001-01-01'")));
    }

    [Theory]
    [InlineData("CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION keep()")]
    [InlineData("CREATE TRIGGER t BEFORE DELETE ON user_logins FOR EACH ROW EXECUTE FUNCTION keep(); ALTER TABLE user_logins DISABLE TRIGGER t")]
    [InlineData("ALTER TABLE user_logins ADD UNIQUE (user_id); CREATE TABLE referring (user_id text REFERENCES user_logins (user_id))")]
    [InlineData("ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY")]
    public async Task What_runs_nothing_where_rows_go_is_taken(string what)
    {
        var database = await MadeAsync();
        await database.RunAsync($"CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; {what}");
        Assert.Equal(1, await database.ReadAsync<long>("SELECT login_etl_retain(10)"));
        Assert.Equal(CheckOutcome.Pass, Assert.Single(await CheckAsync(database), c => c.Name == Name).Outcome);
    }

    [Theory]
    [InlineData("ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY", "user_logins")]
    [InlineData("ALTER TABLE part ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY", "part")]
    [InlineData("CREATE TRIGGER t AFTER DELETE ON part FOR EACH STATEMENT EXECUTE FUNCTION spy()", "part")]
    [InlineData("REVOKE DELETE ON part FROM CURRENT_USER", "part")]
    public async Task Partition_or_table_whose_rows_its_owner_does_not_delete_makes_it_refuse(string ddl, string named)
    {
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}", async owner =>
        {
            await TestDatabase.RunAsAsync(owner, $"{LoginTable.Begun} PARTITION BY LIST (locale); CREATE TABLE part PARTITION OF user_logins DEFAULT; INSERT INTO user_logins (create_date) VALUES ('2001-01-01'); {Spy}");
            await new PostgresConnector().InitializeAsync(owner, new SchemaOptions { Retention = s_all }, TestDatabase.Token);
            await TestDatabase.RunAsAsync(owner, ddl);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.RunAsAsync(owner, "SELECT login_etl_retain(10)"));
            Assert.Contains($"whoever owns public.{named} ", refused.MessageText, StringComparison.Ordinal);
            var check = Assert.Single(await new PostgresConnector().CheckAsync(owner, new SinkOptions(), TestDatabase.Token), c => c.Name == Name);
            Assert.Contains($"public.{named}", check.Detail, StringComparison.Ordinal);
            Assert.Equal((0, 1), (await database.CountAsync("called"), await database.CountAsync()));
        });
    }

    // Its own trigger is one of the table above it, which is not looked at.
    [Fact]
    public async Task Table_that_is_a_partition_with_a_trigger_of_the_table_above_it_makes_it_refuse()
    {
        var database = await TestDatabase.NewAsync(servers, $"{LoginTable.Begun.Replace("user_logins", "above", StringComparison.Ordinal)} PARTITION BY LIST (locale); CREATE TABLE user_logins PARTITION OF above DEFAULT");
        await database.InitializeAsync(new SchemaOptions { Retention = s_all });
        await database.RunAsync($"{Spy}CREATE TRIGGER t AFTER DELETE ON above FOR EACH ROW EXECUTE FUNCTION spy(); INSERT INTO user_logins (create_date) VALUES ('2001-01-01')");
        await Assert.ThrowsAsync<PostgresException>(() => database.RunAsync("SELECT login_etl_retain(10)"));
        Assert.Equal((0, 1), (await database.CountAsync("called"), await database.CountAsync()));
    }

    [Theory]
    [InlineData("ALTER TABLE app.user_logins OWNER TO {0}", "app.user_logins")]
    [InlineData("ALTER TABLE app.login_etl_vault OWNER TO {0}", "app.login_etl_vault")]
    [InlineData("ALTER TABLE app.part OWNER TO {0}", "app.part")]
    [InlineData("ALTER SCHEMA app OWNER TO {0}", "app.user_logins")]
    public async Task Whoever_owns_one_of_the_tables_or_the_schema_gets_nobody_s_rights(string owns, string named)
    {
        var database = await TestDatabase.NewAsync(servers, $"CREATE SCHEMA app; SET search_path = app; {LoginTable.Begun} PARTITION BY LIST (locale); CREATE TABLE part PARTITION OF user_logins DEFAULT; INSERT INTO user_logins (create_date) VALUES ('2001-01-01')");
        await database.InitializeAsync(new SchemaOptions { Retention = s_all }, "app.user_logins");
        await database.AsRoleAsync(role => $"GRANT USAGE, CREATE ON SCHEMA app TO {role}; GRANT EXECUTE ON FUNCTION app.login_etl_retain(integer) TO {role}", async owner =>
        {
            await database.RunAsync(owns.Replace("{0}", owner.UserName, StringComparison.Ordinal));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.RunAsAsync(owner, "SELECT app.login_etl_retain(10)"))).SqlState);
            var check = Assert.Single(await new PostgresConnector().CheckAsync(database.Settings("app.user_logins"), new SinkOptions(), TestDatabase.Token), c => c.Name == Name);
            Assert.Equal(CheckOutcome.Warn, check.Outcome);
            Assert.Contains($"{named} or its schema belongs to {owner.UserName}", check.Detail, StringComparison.Ordinal);
            if (named != "app.login_etl_vault")
            {
                var warnings = new List<string>();
                await new PostgresConnector().InitializeAsync(database.Settings("app.user_logins"), new SchemaOptions { Warned = warnings.Add }, TestDatabase.Token);
                Assert.Contains(warnings, w => w.Contains($"{named} or its schema belongs to {owner.UserName}", StringComparison.Ordinal));
            }

            Assert.Equal(1, await database.CountAsync("app.user_logins"));
            await database.RunAsync("DROP SCHEMA app CASCADE");
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData(" SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off")]
    public async Task Function_that_another_has_made_is_never_called(string options)
    {
        var database = await MadeAsync();
        await AsIntruderAsync(database, async intruder =>
        {
            await database.RunAsync(
                $"""
                CREATE TABLE called (n int); GRANT INSERT ON called TO PUBLIC; DROP FUNCTION login_etl_retain(integer);
                CREATE FUNCTION login_etl_retain(most integer DEFAULT 10000) RETURNS bigint LANGUAGE plpgsql{options} AS 'BEGIN INSERT INTO public.called VALUES (1); RETURN 0; END';
                ALTER FUNCTION login_etl_retain(integer) OWNER TO {intruder};
                """);
            Assert.Contains(intruder, (await RefusedAsync(database, d => d.InitializeAsync())).Message, StringComparison.Ordinal);
            Assert.Contains(intruder, (await RefusedAsync(database, d => d.InitializeAsync(new SchemaOptions { Retention = Retention.None }))).Message, StringComparison.Ordinal);
            Assert.Equal(CheckOutcome.Fail, Assert.Single(await CheckAsync(database), c => c.Name == Name).Outcome);
            await WriteAsync(database);
            Assert.Equal(0, await database.CountAsync("called"));
        });
    }

    [Fact]
    public async Task Function_that_a_call_of_ours_might_mean_as_well_is_named_with_its_owner()
    {
        var database = await MadeAsync();
        await AsIntruderAsync(database, async intruder =>
        {
            await database.RunAsync(
                $"""
                CREATE FUNCTION login_etl_retain(integer, integer DEFAULT 0) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE ''called''; END';
                ALTER FUNCTION login_etl_retain(integer, integer) OWNER TO {intruder};
                """);
            var check = Assert.Single(await CheckAsync(database), c => c.Name == Name);
            Assert.Equal(CheckOutcome.Warn, check.Outcome);
            Assert.Contains($"login_etl_retain(integer,integer) of {intruder}", check.Detail, StringComparison.Ordinal);
            await WriteAsync(database);
            Assert.Equal(2, await database.CountAsync());
        });
    }

    [Fact]
    public async Task Called_with_a_snapshot_from_before_a_trigger_came_it_refuses_and_takes_no_search_path()
    {
        var database = await MadeAsync();
        await database.RunAsync("CREATE SCHEMA trap; CREATE TABLE trap.user_logins (LIKE public.user_logins); INSERT INTO trap.user_logins (create_date) VALUES ('2001-01-01')");
        await using var connection = await database.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, TestDatabase.Token))
        {
            await using (var look = new NpgsqlCommand("SELECT count(*) FROM pg_trigger", connection))
            {
                await look.ExecuteScalarAsync(TestDatabase.Token);
            }

            await database.RunAsync($"{Spy}CREATE TRIGGER t BEFORE DELETE ON user_logins FOR EACH STATEMENT EXECUTE FUNCTION spy()");
            await using var retain = new NpgsqlCommand("SELECT login_etl_retain(10)", connection);
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => retain.ExecuteScalarAsync(TestDatabase.Token))).SqlState);
        }

        await database.RunAsync("DROP TRIGGER t ON user_logins; SET search_path = trap, public; SELECT public.login_etl_retain(10)");
        Assert.Equal((0, 1), (await database.CountAsync("public.user_logins"), await database.CountAsync("trap.user_logins")));
    }

    // It looks into its table as that one's owner, by a cast of theirs, which may change the path of what deletes next.
    [Fact]
    public async Task Foreign_key_of_somebody_who_may_do_less_makes_it_refuse()
    {
        var database = await TestDatabase.NewAsync(servers, $"{LoginTable.Begun} PARTITION BY LIST (app_version); CREATE TABLE a PARTITION OF user_logins FOR VALUES IN (1); CREATE TABLE b PARTITION OF user_logins DEFAULT; ALTER TABLE user_logins ADD UNIQUE (app_version)");
        await database.InitializeAsync(new SchemaOptions { Retention = s_all });
        await database.RunAsync("INSERT INTO user_logins (app_version, create_date) VALUES (1, '2001-01-01'), (2, '2001-01-01'), (7, NULL); CREATE TABLE called (who text); GRANT INSERT ON called TO PUBLIC");
        await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}; GRANT REFERENCES ON user_logins TO {role}; GRANT EXECUTE ON FUNCTION login_etl_retain(integer) TO {role}; CREATE SCHEMA evil AUTHORIZATION {role}", async owner =>
        {
            await TestDatabase.RunAsAsync(owner,
                """
                CREATE FUNCTION evil.format(text, regclass) RETURNS text LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.called VALUES (current_user); RETURN pg_catalog.format($1, $2); END';
                CREATE TYPE evil.name AS ENUM ('seven');
                CREATE FUNCTION evil.number(evil.name) RETURNS integer LANGUAGE plpgsql AS 'BEGIN PERFORM pg_catalog.set_config(''search_path'', ''evil, pg_catalog'', false); RETURN 7; END';
                CREATE CAST (evil.name AS integer) WITH FUNCTION evil.number(evil.name) AS IMPLICIT;
                CREATE TABLE evil.referring (n evil.name REFERENCES public.user_logins (app_version));
                INSERT INTO evil.referring VALUES ('seven');
                """);
            var refused = await Record.ExceptionAsync(() => TestDatabase.RunAsAsync(owner, "SELECT public.login_etl_retain(10)"));
            var found = (await database.CountAsync("called"), await database.CountAsync());
            await database.RunAsync("DROP SCHEMA evil CASCADE");
            Assert.Equal((0, 3), found);
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, Assert.IsType<PostgresException>(refused).SqlState);
        });
    }

    [Fact]
    public async Task Relation_in_the_place_of_an_index_is_refused()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await AsIntruderAsync(database, async intruder =>
        {
            await database.RunAsync($"SET ROLE {intruder}; CREATE TABLE login_etl_vault_created ()");
            Assert.Contains(intruder, (await RefusedAsync(database, d => d.InitializeAsync(new SchemaOptions { Retention = s_all }))).Message, StringComparison.Ordinal);
        });
    }

    private async Task<TestDatabase> MadeAsync()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Retention = s_all });
        await database.RunAsync("INSERT INTO user_logins (create_date) VALUES ('2001-01-01')");
        return database;
    }
}
