using System.Data;
using LoginEtl.Checks;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;
using static LoginEtl.Unit.Postgres.Intruder;

namespace LoginEtl.Unit.Postgres;

/// <summary>The function that runs call, where others have made it, made one beside it, or changed it.</summary>
public sealed class ForeignPruningTests(ServersFixture servers)
{
    [Theory]
    [InlineData("")]
    [InlineData(" SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off")]
    public async Task Pruning_function_that_another_has_made_is_never_called(string options)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await AsIntruderAsync(database, async intruder =>
        {
            await database.RunAsync(
                $"""
                CREATE TABLE called (n int); GRANT INSERT ON called TO PUBLIC; DROP FUNCTION login_etl_prune(integer);
                CREATE FUNCTION login_etl_prune(most integer DEFAULT 10000) RETURNS bigint LANGUAGE plpgsql{options} AS 'BEGIN INSERT INTO public.called VALUES (1); RETURN 0; END';
                ALTER FUNCTION login_etl_prune(integer) OWNER TO {intruder};
                """);
            Assert.Contains(intruder, (await RefusedAsync(database, d => d.InitializeAsync())).Message, StringComparison.Ordinal);
            var check = Assert.Single(await CheckAsync(database), c => c.Name == "Ledger pruning");
            Assert.Equal(CheckOutcome.Fail, check.Outcome);
            await WriteAsync(database);
            Assert.Equal(0, await database.CountAsync("called"));
        });
    }

    [Fact]
    public async Task Pruning_function_of_the_same_name_beside_ours_is_never_called()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            """
            CREATE TABLE called (n int); GRANT INSERT ON called TO PUBLIC;
            CREATE FUNCTION login_etl_prune(most bigint) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.called VALUES (1); RETURN 0; END';
            CREATE FUNCTION login_etl_prune(most integer, VARIADIC more integer[]) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.called VALUES (1); RETURN 0; END';
            INSERT INTO login_etl_ledger VALUES ('01900000-0000-7000-8000-000000000001', 1, gen_random_uuid(), 2);
            """);
        await WriteAsync(database);
        Assert.Equal(0, await database.CountAsync("called"));
        Assert.Equal(1, await database.CountAsync("login_etl_ledger"));
    }

    [Fact]
    public async Task Function_that_a_call_of_ours_might_mean_as_well_is_named_with_its_owner()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await AsIntruderAsync(database, async intruder =>
        {
            await database.RunAsync(
                $"""
                CREATE FUNCTION login_etl_prune(integer, integer DEFAULT 0) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN 0; END';
                ALTER FUNCTION login_etl_prune(integer, integer) OWNER TO {intruder};
                """);
            var check = Assert.Single(await CheckAsync(database), c => c.Name == "Ledger pruning");
            Assert.Equal(CheckOutcome.Warn, check.Outcome);
            Assert.Contains($"login_etl_prune(integer,integer) of {intruder}", check.Detail, StringComparison.Ordinal);
            await WriteAsync(database);
        });
    }

    [Theory]
    [InlineData("ALTER FUNCTION login_etl_prune(integer) SECURITY INVOKER")]
    [InlineData("ALTER FUNCTION login_etl_prune(integer) RESET search_path")]
    [InlineData("ALTER FUNCTION login_etl_prune(integer) SET search_path = public")]
    public async Task Pruning_function_with_other_rights_or_settings_is_told_and_made_anew(string change)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(change);
        Assert.Equal(CheckOutcome.Warn, Assert.Single(await CheckAsync(database), c => c.Name == "Ledger pruning").Outcome);
        Assert.NotEmpty(await database.InitializeAsync());
        Assert.Equal(CheckOutcome.Pass, Assert.Single(await CheckAsync(database), c => c.Name == "Ledger pruning").Outcome);
    }

    [Fact]
    public async Task Pruning_function_that_is_mightier_than_the_ledgers_owner_is_not_called()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await AsIntruderAsync(database, async owner =>
        {
            // Whoever plans a query on the ledger runs it: statistics need no more than the ledger, and no lock keeps them out.
            await database.RunAsync(
                $"""
                CREATE TABLE called (who text); GRANT INSERT ON called TO PUBLIC;
                CREATE FUNCTION spy(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.called VALUES (current_user); RETURN n; END';
                ALTER TABLE user_logins OWNER TO {owner}; ALTER TABLE login_etl_ledger OWNER TO {owner};
                """);
            var check = Assert.Single(await CheckAsync(database), c => c.Name == "Ledger pruning");
            Assert.Equal(CheckOutcome.Warn, check.Outcome);
            Assert.Contains($"the ledger or its schema belongs to {owner}", check.Detail, StringComparison.Ordinal);
            await database.RunAsync("INSERT INTO login_etl_ledger VALUES ('01900000-0000-7000-8000-000000000001', 1, gen_random_uuid(), 2)");
            await WriteAsync(database);
            Assert.Equal(2, await database.CountAsync("login_etl_ledger"));

            await database.RunAsync($"ALTER FUNCTION login_etl_prune(integer) OWNER TO {owner}");
            Assert.Equal(CheckOutcome.Pass, Assert.Single(await CheckAsync(database), c => c.Name == "Ledger pruning").Outcome);

            await database.RunAsync("CREATE STATISTICS s ON (spy(42)), outcome FROM login_etl_ledger");
            Assert.Contains("the statistics s", (await RefusedAsync(database, d => d.SinkAsync())).Message, StringComparison.Ordinal);
            Assert.Equal(0, await database.CountAsync("called"));
        });
    }

    [Theory]
    [InlineData("ALTER TABLE app.login_etl_ledger OWNER TO {0}", false)]
    [InlineData("ALTER SCHEMA app OWNER TO {0}; GRANT ALL ON ALL TABLES IN SCHEMA app TO {0}", true)]
    public async Task Whoever_owns_the_ledger_or_its_schema_gets_nobody_s_rights_by_calling_it(string owns, bool isInstalled)
    {
        var database = await TestDatabase.NewAsync(servers, "CREATE SCHEMA app");
        await database.InitializeAsync("app.user_logins");
        await database.AsRoleAsync(role => $"GRANT USAGE, CREATE ON SCHEMA app TO {role}; GRANT EXECUTE ON FUNCTION app.login_etl_prune(integer) TO {role}", async owner =>
        {
            await database.RunAsync($"CREATE TABLE called (who text); GRANT INSERT ON called TO PUBLIC; {owns.Replace("{0}", owner.UserName, StringComparison.Ordinal)}");
            if (isInstalled)
            {
                var warnings = new List<string>();
                await new PostgresConnector().InitializeAsync(database.Settings("app.user_logins"), new SchemaOptions { Warned = warnings.Add }, TestDatabase.Token);
                Assert.Contains(warnings, w => w.Contains($"the ledger or its schema belongs to {owner.UserName}", StringComparison.Ordinal));
            }

            // As it is, and with another ledger in its place that has a trigger.
            await RefusedAsync();
            await TestDatabase.RunAsAsync(owner,
                """
                CREATE TABLE app.other (LIKE app.login_etl_ledger INCLUDING ALL); DROP TABLE app.login_etl_ledger; ALTER TABLE app.other RENAME TO login_etl_ledger;
                CREATE FUNCTION app.spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.called VALUES (current_user); RETURN NULL; END';
                CREATE TRIGGER t BEFORE DELETE ON app.login_etl_ledger FOR EACH STATEMENT EXECUTE FUNCTION app.spy();
                """);
            await RefusedAsync();
            Assert.Equal(0, await database.CountAsync("called"));
            var check = Assert.Single(await new PostgresConnector().CheckAsync(database.Settings("app.user_logins"), new SinkOptions(), TestDatabase.Token), c => c.Name == "Ledger pruning");
            Assert.Equal(CheckOutcome.Warn, check.Outcome);
            Assert.Contains(owner.UserName!, check.Remedy, StringComparison.Ordinal);
            await database.RunAsync("DROP SCHEMA app CASCADE");

            async Task RefusedAsync() => Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.RunAsAsync(owner, "SELECT app.login_etl_prune(10)"))).SqlState);
        });
    }

    [Fact]
    public async Task Called_by_hand_it_refuses_a_ledger_that_something_stands_on()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Assert.Equal(0, await database.ReadAsync<long>("SELECT login_etl_prune(10)"));
        await database.RunAsync(
            """
            CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''called''; END';
            CREATE TRIGGER t BEFORE DELETE ON login_etl_ledger FOR EACH STATEMENT EXECUTE FUNCTION spy();
            """);
        Assert.Contains("something stands on the ledger", (await Assert.ThrowsAsync<PostgresException>(() => database.RunAsync("SELECT login_etl_prune(10)"))).Message, StringComparison.Ordinal);
        await database.RunAsync("DROP TRIGGER t ON login_etl_ledger");
        Assert.Equal(0, await database.ReadAsync<long>("SELECT login_etl_prune(10)"));
    }

    [Fact]
    public async Task Called_with_a_snapshot_from_before_a_trigger_came_it_refuses_as_well()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, TestDatabase.Token);
        await using (var look = new NpgsqlCommand("SELECT count(*) FROM pg_trigger", connection))
        {
            await look.ExecuteScalarAsync(TestDatabase.Token);
        }

        await database.RunAsync(
            """
            CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''called''; END';
            CREATE TRIGGER t BEFORE DELETE ON login_etl_ledger FOR EACH STATEMENT EXECUTE FUNCTION spy();
            """);
        await using var prune = new NpgsqlCommand("SELECT login_etl_prune(10)", connection);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => prune.ExecuteScalarAsync(TestDatabase.Token))).SqlState);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("SUPERUSER", false)]
    public async Task Function_of_somebody_else_prunes_in_the_database_of_its_owner_unless_a_superuser_made_it(string might, bool prunes)
    {
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        var name = await database.ReadAsync<string>("SELECT current_database()::text");
        await database.AsRoleAsync(role => $"ALTER DATABASE {name} OWNER TO {role}", async _ =>
        {
            await database.AsRoleAsync(role => $"GRANT CREATE ON SCHEMA public TO {role}; ALTER ROLE {role} {(might.Length > 0 ? might : "NOSUPERUSER")}", async maker =>
            {
                await new PostgresConnector().InitializeAsync(maker, new SchemaOptions(), TestDatabase.Token);
                Assert.Equal(prunes ? CheckOutcome.Pass : CheckOutcome.Warn, Assert.Single(await new PostgresConnector().CheckAsync(maker, new SinkOptions(), TestDatabase.Token), c => c.Name == "Ledger pruning").Outcome);
                if (prunes)
                {
                    await TestDatabase.RunAsAsync(maker, "SELECT login_etl_prune(10)");
                }
                else
                {
                    await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.RunAsAsync(maker, "SELECT login_etl_prune(10)"));
                }
            });
            await database.RunAsync($"ALTER DATABASE {name} OWNER TO CURRENT_USER");
        });
    }
}
