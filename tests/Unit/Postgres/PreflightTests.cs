using LoginEtl.Faults;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What stands against writing is said before the first message is taken.</summary>
public sealed class PreflightTests(ServersFixture servers)
{
    [Fact]
    public async Task Missing_table_is_named_with_what_to_do()
    {
        var database = await TestDatabase.NewAsync(servers);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(table: "nowhere"));
        Assert.Equal(("TableNotFound", FaultKind.NotFound), (fault.Id, fault.Kind));
        Assert.Contains("nowhere", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Initialize-LoginDatabase", fault.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DROP TABLE login_etl_ledger", "LedgerNotFound")]
    [InlineData("DROP TABLE login_etl_quarantine", "LedgerNotFound")]
    [InlineData("ALTER TABLE login_etl_ledger DROP COLUMN outcome", "LedgerUnsuitable")]
    [InlineData("ALTER TABLE login_etl_ledger SET UNLOGGED", "DatabaseNotDurable")]
    [InlineData("ALTER TABLE login_etl_schema SET UNLOGGED", "DatabaseNotDurable")]
    [InlineData("ALTER TABLE user_logins SET UNLOGGED", "DatabaseNotDurable")]
    [InlineData("ALTER TABLE user_logins DROP COLUMN locale", "TableUnsuitable", "locale")]
    [InlineData("ALTER TABLE user_logins ALTER user_id TYPE json USING NULL", "TableUnsuitable", "json")]
    [InlineData("ALTER TABLE user_logins ALTER create_date TYPE text", "TableUnsuitable", "create_date")]
    [InlineData("ALTER TABLE user_logins ALTER masked_ip TYPE varchar(50)", "TableUnsuitable", "masked_ip")]
    [InlineData("ALTER TABLE user_logins ALTER app_version TYPE smallint", "TableUnsuitable", "smallint")]
    [InlineData("ALTER TABLE user_logins ADD COLUMN tenant int NOT NULL", "TableUnsuitable", "tenant")]
    [InlineData("ALTER TABLE user_logins DROP locale, ADD locale text GENERATED ALWAYS AS (user_id) STORED", "TableUnsuitable", "locale")]
    [InlineData("ALTER TABLE user_logins RENAME TO real; CREATE VIEW user_logins AS SELECT * FROM real", "TableUnsuitable")]
    public async Task Table_that_cannot_hold_the_rows_is_refused(string change, string id, string named = "")
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(change);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync());
        Assert.Equal(id, fault.Id);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ADD COLUMN tenant int NOT NULL DEFAULT 1")]
    [InlineData("ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")]
    [InlineData("ADD COLUMN twice text GENERATED ALWAYS AS (user_id || user_id) STORED NOT NULL")]
    [InlineData("ADD COLUMN note text")]
    [InlineData("ALTER create_date TYPE timestamptz")]
    [InlineData("ALTER locale TYPE char(2)")]
    public async Task Table_that_has_more_than_it_needs_is_written(string change)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync($"ALTER TABLE user_logins {change}");
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        Assert.Equal(2, await database.CountAsync());
    }

    [Theory]
    [InlineData(AppVersionFormat.Text)]
    [InlineData(AppVersionFormat.Sortable)]
    public async Task Format_that_the_column_does_not_take_is_refused(AppVersionFormat format)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(new SinkOptions { AppVersionFormat = format }));
        Assert.Equal("TableUnsuitable", fault.Id);
    }

    [Fact]
    public async Task Missing_grants_are_named()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(_ => "", async settings =>
        {
            Assert.Contains("user_logins", (await DeniedAsync()).Message, StringComparison.Ordinal);
            await database.RunAsync($"GRANT INSERT ON user_logins TO {settings.UserName}");
            Assert.Contains("login_etl_schema", (await DeniedAsync()).Message, StringComparison.Ordinal);
            await database.RunAsync($"GRANT SELECT ON login_etl_schema TO {settings.UserName}");
            Assert.Contains("login_etl_ledger", (await DeniedAsync()).Message, StringComparison.Ordinal);
            await database.RunAsync($"GRANT SELECT, INSERT, UPDATE (outcome) ON login_etl_ledger, login_etl_file_ledger TO {settings.UserName}");
            Assert.Contains("login_etl_quarantine", (await DeniedAsync()).Message, StringComparison.Ordinal);
            await database.RunAsync($"GRANT INSERT ON login_etl_quarantine TO {settings.UserName}");
            Assert.Contains("login_etl_key", (await DeniedAsync()).Message, StringComparison.Ordinal);
            await database.RunAsync($"GRANT SELECT ON login_etl_key TO {settings.UserName}");
            await using (var sink = await database.SinkAsync(settings: settings))
            {
                await sink.WriteAsync([.. Logins.Records(2), Logins.Reject()], TestDatabase.Token);
            }

            Assert.Equal(2, await database.CountAsync());

            async Task<LoginEtlException> DeniedAsync()
            {
                var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: settings));
                Assert.Equal(("TableAccessDenied", FaultKind.Denied), (fault.Id, fault.Kind));
                return fault;
            }
        });
    }

    [Fact]
    public async Task Wrong_password_is_denied_at_once()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var settings = database.Settings() with { Password = new SecretText("wrong-4711") };
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: settings));
        Assert.Equal(("DatabaseAccessDenied", FaultKind.Denied), (fault.Id, fault.Kind));
        Assert.DoesNotContain("wrong-4711", fault.ToString(), StringComparison.Ordinal);
        Assert.Equal("DatabaseAccessDenied", (await Assert.ThrowsAsync<LoginEtlException>(
            () => new LoginEtl.Postgres.PostgresConnector().InitializeAsync(settings, new SchemaOptions { PlanOnly = true }, TestDatabase.Token))).Id);
    }

    [Fact]
    public async Task Missing_database_is_named_as_such()
    {
        var database = await TestDatabase.NewAsync(servers);
        var text = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "nowhere" }.ConnectionString;
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: new DatabaseSettings { Database = new SecretText(text) }));
        Assert.Equal(("DatabaseNotFound", FaultKind.NotFound), (fault.Id, fault.Kind));
    }

    [Fact]
    public async Task Unreachable_server_is_named_with_its_address()
    {
        var database = await TestDatabase.NewAsync(servers);
        var settings = new DatabaseSettings { Database = new SecretText("postgresql://me:pw-4711@127.0.0.1:1/x") };
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: settings));
        Assert.Equal(("DatabaseUnreachable", FaultKind.Unreachable), (fault.Id, fault.Kind));
        Assert.Contains("127.0.0.1:1", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pw-4711", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_without_tls_is_refused_when_tls_is_asked_for()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var settings = database.Settings() with { Database = new SecretText(database.ConnectionString + ";SSL Mode=VerifyFull") };
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: settings));
        Assert.Equal("DatabaseTlsFailed", fault.Id);
    }
}
