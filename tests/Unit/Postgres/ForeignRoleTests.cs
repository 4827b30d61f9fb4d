using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Roles belong to the server, which all other tests share: these have one of their own.</summary>
public sealed class ForeignRoleTests
{
    [Fact]
    public async Task Role_of_our_names_that_can_log_in_is_granted_nothing_and_warned_of()
    {
        await using var server = await PostgresServer.StartAsync(TestPostgres.Options with { Fast = true }, TestDatabase.Token);
        var database = TestDatabase.By(await server.CreateDatabaseAsync("roles", TestDatabase.Token));
        await database.RunAsync("CREATE ROLE login_etl_recoverer LOGIN PASSWORD 'x'");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync(new SchemaOptions { Roles = true }));
        Assert.Equal("ForeignObject", fault.Id);
        Assert.Contains("login_etl_recoverer can log in", fault.Message, StringComparison.Ordinal);
        Assert.False(await database.ReadAsync<bool>("SELECT to_regclass('user_logins') IS NOT NULL"));

        await database.InitializeAsync();
        Assert.Contains(
            await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token),
            c => c is { Name: "Roles", Outcome: CheckOutcome.Warn } && c.Detail.Contains("login_etl_recoverer", StringComparison.Ordinal));
        await database.RunAsync("ALTER ROLE login_etl_recoverer NOLOGIN");
        await database.InitializeAsync(new SchemaOptions { Roles = true });
    }

    [Fact]
    public async Task Role_that_comes_while_it_is_made_and_can_log_in_is_granted_nothing()
    {
        await using var server = await PostgresServer.StartAsync(TestPostgres.Options with { Fast = true }, TestDatabase.Token);
        var database = TestDatabase.By(await server.CreateDatabaseAsync("roles", TestDatabase.Token));
        await using var other = await database.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync(TestDatabase.Token);
        await using (var create = new NpgsqlCommand("CREATE ROLE login_etl_key_keeper LOGIN PASSWORD 'x'", other))
        {
            await create.ExecuteNonQueryAsync(TestDatabase.Token);
        }

        var installing = database.InitializeAsync(new SchemaOptions { Roles = true });
        await Until.Async(() => database.ReadAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE ROLE login_etl_key_keeper%' AND wait_event_type = 'Lock')"), "it waits for the other's role");
        await transaction.CommitAsync(TestDatabase.Token);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => installing);
        Assert.Equal("ForeignObject", fault.Id);
        Assert.Contains("login_etl_key_keeper can log in", fault.Message, StringComparison.Ordinal);
        Assert.False(await database.ReadAsync<bool>("SELECT to_regclass('user_logins') IS NOT NULL"));
    }
}
