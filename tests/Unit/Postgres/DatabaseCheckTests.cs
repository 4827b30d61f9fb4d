using LoginEtl.Checks;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Every check before a run, and that it fails for what it is there for.</summary>
public sealed class DatabaseCheckTests(ServersFixture servers)
{
    private static readonly string[] Names =
    [
        "Database server", "Database TLS", "Database encoding", "Database clock", "Durability", "Table", "Table columns", "Other columns",
        "Unique keys", "Grants", "Row security", "Triggers and rules", "Owners", "Schema", "Ledgers, quarantine and keys", "Run history", "Receipts", "Ledger pruning", "Data retention", "Audit anchor",
    ];

    [Fact]
    public async Task Database_as_it_is_made_passes_every_check_and_is_not_written()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var checks = await CheckAsync(database);
        Assert.Equal(Names, checks.Select(c => c.Name));
        Assert.All(checks, c => Assert.Equal((CheckOutcome.Pass, null), (c.Outcome, c.Remedy)));
        Assert.Contains("PostgreSQL 1", checks[0].Detail, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("login_etl_ledger"));
    }

    [Theory]
    [InlineData("DROP TABLE user_logins", "Table", CheckOutcome.Fail, "user_logins")]
    [InlineData("ALTER TABLE user_logins RENAME TO real; CREATE VIEW user_logins AS SELECT * FROM real", "Table", CheckOutcome.Fail, "not a table")]
    [InlineData("ALTER TABLE user_logins ALTER masked_ip TYPE varchar(50)", "Table columns", CheckOutcome.Fail, "masked_ip")]
    [InlineData("ALTER TABLE user_logins ALTER app_version TYPE smallint", "Table columns", CheckOutcome.Fail, "smallint")]
    [InlineData("ALTER TABLE user_logins DROP locale", "Table columns", CheckOutcome.Fail, "locale")]
    [InlineData("ALTER TABLE user_logins ADD tenant int NOT NULL", "Other columns", CheckOutcome.Fail, "tenant")]
    [InlineData("ALTER TABLE user_logins ADD CONSTRAINT one UNIQUE (user_id)", "Unique keys", CheckOutcome.Warn, "one (user_id)")]
    [InlineData("ALTER TABLE user_logins SET UNLOGGED", "Durability", CheckOutcome.Fail, "UNLOGGED")]
    [InlineData("ALTER TABLE login_etl_file_ledger SET UNLOGGED", "Durability", CheckOutcome.Fail, "login_etl_file_ledger")]
    [InlineData("ALTER TABLE login_etl_audit_anchor SET UNLOGGED", "Durability", CheckOutcome.Fail, "login_etl_audit_anchor")]
    [InlineData("ALTER TABLE login_etl_schema SET UNLOGGED", "Durability", CheckOutcome.Fail, "login_etl_schema")]
    [InlineData("ALTER TABLE login_etl_vault SET UNLOGGED", "Durability", CheckOutcome.Fail, "login_etl_vault")]
    [InlineData("ALTER TABLE login_etl_run SET UNLOGGED", "Run history", CheckOutcome.Warn, "UNLOGGED")]
    [InlineData("DROP TABLE login_etl_receipt", "Receipts", CheckOutcome.Warn, "there is no public.login_etl_receipt")]
    [InlineData("DROP TABLE login_etl_run", "Run history", CheckOutcome.Warn, "there is no public.login_etl_run")]
    [InlineData("DROP TABLE login_etl_quarantine", "Ledgers, quarantine and keys", CheckOutcome.Fail, "login_etl_quarantine")]
    [InlineData("ALTER TABLE login_etl_ledger DROP outcome", "Ledgers, quarantine and keys", CheckOutcome.Fail, "login_etl_ledger")]
    [InlineData("DROP TABLE login_etl_key", "Ledgers, quarantine and keys", CheckOutcome.Fail, "login_etl_key")]
    [InlineData("ALTER TABLE login_etl_quarantine DROP queue, DROP dismissed_at", "Ledgers, quarantine and keys", CheckOutcome.Warn, "queue, dismissed_at")]
    [InlineData("DROP TABLE login_etl_audit_anchor", "Audit anchor", CheckOutcome.Warn, "login_etl_audit_anchor")]
    [InlineData("GRANT INSERT ON login_etl_audit_anchor TO PUBLIC", "Audit anchor", CheckOutcome.Warn, "PUBLIC may change")]
    [InlineData("GRANT INSERT (anchored_at) ON login_etl_audit_anchor TO pg_monitor", "Audit anchor", CheckOutcome.Warn, "pg_monitor may change")]
    [InlineData("DROP FUNCTION login_etl_prune(integer)", "Ledger pruning", CheckOutcome.Warn, "login_etl_prune")]
    [InlineData("ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY", "Row security", CheckOutcome.Pass, "")]
    public async Task Check_says_what_is_wrong_and_what_to_do(string change, string name, CheckOutcome outcome, string named)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(change);
        var checks = await CheckAsync(database);
        var check = Assert.Single(checks, c => c.Name == name);
        Assert.Equal(outcome, check.Outcome);
        Assert.Contains(named, check.Detail, StringComparison.Ordinal);
        Assert.Equal(outcome == CheckOutcome.Pass, check.Remedy is null);
        Assert.All(checks.Where(c => c.Name != name), c => Assert.Equal(CheckOutcome.Pass, c.Outcome));
    }

    [Fact]
    public async Task Several_faults_of_one_kind_are_all_named()
    {
        var database = await TestDatabase.InitializedAsync(servers, "CREATE TABLE user_logins (user_id text UNIQUE, device_type text, masked_ip text, masked_device_id text, locale text, app_version int, create_date date)");
        await database.RunAsync("ALTER TABLE login_etl_ledger ENABLE ROW LEVEL SECURITY; ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY");
        await database.AsRoleAsync(_ => "", async settings =>
        {
            var checks = await CheckAsync(database, new SinkOptions { OnConflict = ConflictAction.Update }, settings);
            var grants = checks.Single(c => c.Name == "Grants");
            Assert.Equal(CheckOutcome.Fail, grants.Outcome);
            foreach (var named in new[] { "insert into public.user_logins", "-OnConflict Update", "login_etl_ledger", "login_etl_file_ledger", "login_etl_quarantine" })
            {
                Assert.Contains(named, grants.Detail, StringComparison.Ordinal);
            }

            var security = checks.Single(c => c.Name == "Row security");
            Assert.Equal(CheckOutcome.Warn, security.Outcome);
            Assert.Contains("login_etl_ledger", security.Detail, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Options_of_the_run_are_checked()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var checks = await CheckAsync(database, new SinkOptions { OnConflict = ConflictAction.Skip });
        Assert.Equal(CheckOutcome.Fail, checks.Single(c => c.Name == "Unique keys").Outcome);
        Assert.Equal(CheckOutcome.Pass, checks.Single(c => c.Name == "Grants").Outcome);
        checks = await CheckAsync(database, new SinkOptions { AppVersionFormat = AppVersionFormat.Text });
        Assert.Equal(CheckOutcome.Fail, checks.Single(c => c.Name == "Table columns").Outcome);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT one UNIQUE (user_id)");
        checks = await CheckAsync(database, new SinkOptions { OnConflict = ConflictAction.Skip });
        Assert.Contains("Skip goes by one (user_id)", checks.Single(c => c.Name == "Unique keys").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_that_cannot_be_used_is_one_failed_check_and_no_exception()
    {
        foreach (var text in new[] { "postgresql://me:pw-4711@127.0.0.1:1/x", "Host=h;pw-4711", "Host=nowhere.invalid;Password=pw-4711" })
        {
            var check = Assert.Single(await new PostgresConnector().CheckAsync(
                new DatabaseSettings { Database = new SecretText(text) }, new SinkOptions(), TestDatabase.Token));
            Assert.Equal(("Database server", CheckOutcome.Fail), (check.Name, check.Outcome));
            Assert.DoesNotContain("pw-4711", check.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a.b.c.d")]
    [InlineData("nowhere.user_logins")]
    public async Task Table_name_that_is_none_is_a_failed_check(string table)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Assert.Equal(CheckOutcome.Fail, (await CheckAsync(database, settings: database.Settings(table))).Single(c => c.Name == "Table").Outcome);
    }

    [Fact]
    public async Task Clock_that_is_off_is_warned_of()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var checks = await new LoginEtl.Postgres.Checks.DatabaseChecks(database.Settings(), new SinkOptions(), new LateClock()).RunAsync(TestDatabase.Token);
        var check = checks.Single(c => c.Name == "Database clock");
        Assert.Equal(CheckOutcome.Warn, check.Outcome);
        Assert.Contains("300 s", check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_that_cannot_hold_every_text_fails()
    {
        var database = await TestDatabase.NewAsync(servers);
        var name = servers.NewDatabaseName();
        await database.RunAsync($"CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
        var text = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = name, Pooling = false }.ConnectionString;
        var checks = await CheckAsync(database, settings: new DatabaseSettings { Database = new SecretText(text) });
        Assert.Equal(CheckOutcome.Fail, checks.Single(c => c.Name == "Database encoding").Outcome);
    }

    private static Task<IReadOnlyList<Check>> CheckAsync(TestDatabase database, SinkOptions? options = null, DatabaseSettings? settings = null) =>
        new PostgresConnector().CheckAsync(settings ?? database.Settings(), options ?? new SinkOptions(), TestDatabase.Token);

    private sealed class LateClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow.AddMinutes(-5);
    }
}
