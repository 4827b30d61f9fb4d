using LoginEtl.Checks;
using LoginEtl.Unit.Fixtures;
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
            Assert.Contains($"the ledger belongs to {owner}", check.Detail, StringComparison.Ordinal);
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
}
