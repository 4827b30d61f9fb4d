using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>The roles that Initialize makes, each with what it needs and no more.</summary>
public sealed class RoleTests(ServersFixture servers)
{
    private static readonly SchemaOptions WithRoles = new() { Roles = true };

    [Fact]
    public async Task Roles_are_granted_once_and_only_what_is_missing_again()
    {
        var database = await TestDatabase.NewAsync(servers);
        var plan = await database.InitializeAsync(WithRoles with { PlanOnly = true });
        Assert.Contains("GRANT SELECT, INSERT, UPDATE (\"outcome\") ON \"public\".\"login_etl_ledger\" TO login_etl_writer", plan);
        await database.InitializeAsync(WithRoles);
        Assert.Empty(await database.InitializeAsync(WithRoles));
        await database.RunAsync("REVOKE INSERT ON user_logins FROM login_etl_writer");
        Assert.Equal(["GRANT INSERT ON \"public\".\"user_logins\" TO login_etl_writer"], await database.InitializeAsync(WithRoles));
        Assert.Equal(6, await database.CountAsync("pg_roles WHERE rolname IN ('login_etl_writer', 'login_etl_reader', 'login_etl_auditor', 'login_etl_recoverer', 'login_etl_eraser', 'login_etl_key_keeper') AND NOT rolcanlogin"));
    }

    [Fact]
    public async Task Plan_runs_by_hand()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(WithRoles, "etl.\"User Logins\"");
        await database.RunAsync("DROP SCHEMA etl CASCADE");
        await database.RunAsync(string.Join(";\n", await database.InitializeAsync(WithRoles with { PlanOnly = true }, "etl.\"User Logins\"")));
        Assert.Empty(await database.InitializeAsync(WithRoles, "etl.\"User Logins\""));
    }

    [Fact]
    public async Task Databases_of_one_server_that_make_the_roles_at_once_do_not_disturb_each_other()
    {
        var databases = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TestDatabase.NewAsync(servers)));
        await Task.WhenAll(databases.Select(d => Task.Run(() => d.InitializeAsync(WithRoles))));
        Assert.All(await Task.WhenAll(databases.Select(d => d.InitializeAsync(WithRoles))), Assert.Empty);
    }

    [Fact]
    public async Task Writer_writes_and_reads_no_logins()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(WithRoles, "etl.user_logins");
        await database.AsMemberAsync("login_etl_writer", async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings with { Table = "etl.user_logins" });
            Assert.Equal([Outcome.Written, Outcome.Quarantined], (await sink.WriteAsync([Logins.Record(), Logins.Reject()], TestDatabase.Token)).Outcomes);
            await DeniedAsync(settings, "SELECT * FROM etl.user_logins");
            await DeniedAsync(settings, "SELECT * FROM etl.login_etl_quarantine");
        });
    }

    [Fact]
    public async Task Reader_reads_logins_and_nothing_else()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(WithRoles);
        await database.AsMemberAsync("login_etl_reader", async settings =>
        {
            await using var source = NpgsqlDataSource.Create(With(settings));
            await using var read = source.CreateCommand("SELECT * FROM user_logins");
            await read.ExecuteNonQueryAsync(TestDatabase.Token);
            await DeniedAsync(settings, "SELECT * FROM login_etl_quarantine");
            await DeniedAsync(settings, "DELETE FROM user_logins");
            await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: settings));
        });
    }

    private static async Task DeniedAsync(DatabaseSettings settings, string sql)
    {
        await using var source = NpgsqlDataSource.Create(With(settings));
        await using var command = source.CreateCommand(sql);
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(TestDatabase.Token))).SqlState);
    }

    private static string With(DatabaseSettings settings) => new NpgsqlConnectionStringBuilder(settings.Database.Reveal())
    {
        Username = settings.UserName,
        Password = settings.Password!.Reveal(),
        Pooling = false,
    }.ConnectionString;
}
