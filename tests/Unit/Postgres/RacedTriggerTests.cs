using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Schema;
using LoginEtl.Postgres.Targets;
using LoginEtl.Postgres.Writing;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Rotation;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>
/// Somebody makes a trigger and does not commit. What looks now does not see it; a write would wait for its lock, and the
/// trigger fire when it is there, and mislead whatever looks after it. So what writes takes the lock first, and looks then.
/// </summary>
public sealed class RacedTriggerTests(ServersFixture servers)
{
    private static readonly StoredKey Key = new("ip", "siv", "siv1.AAAAAA", StoredKeyState.Primary) { CheckValue = new string('a', 32) };

    [Theory]
    [InlineData("login_etl_quarantine", "dismissed")]
    [InlineData("login_etl_key", "registered")]
    [InlineData("login_etl_key", "set")]
    [InlineData("login_etl_audit_anchor", "anchored")]
    [InlineData("login_etl_run", "begun")]
    [InlineData("login_etl_receipt", "begun")]
    [InlineData("login_etl_vault", "kept")]
    [InlineData("login_etl_key", "installed")]
    [InlineData("login_etl_quarantine", "rotated")]
    [InlineData("login_etl_ledger", "restored")]
    [InlineData("login_etl_schema", "promoted")]
    public async Task Trigger_that_comes_while_its_table_is_waited_for_never_fires(string relation, string act)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
        await using var tokens = await database.TokensAsync();
        await using var anchor = await new PostgresConnector().OpenAnchorAsync(database.Settings(), TestDatabase.Token);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([Logins.Reject()], TestDatabase.Token);
        if (act == "installed")
        {
            await database.RunAsync("DELETE FROM login_etl_key; INSERT INTO user_logins (masked_ip) VALUES ('siv1.AAAAAAA')");
        }

        var before = await database.CountAsync(relation);
        await using var race = await RaceAsync(database, $"BEFORE INSERT OR UPDATE ON {relation} FOR EACH ROW");

        var written = act switch
        {
            "dismissed" => Task.Run(async () => await quarantine.DismissAsync(await quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token), new Dismissal("a reason"), TestDatabase.Token)),
            "registered" => RegisterAsync(database),
            "begun" => sink.BeginRunAsync("logins", TestDatabase.Token),
            "kept" => KeepAsync(database),
            "restored" => Task.Run(async () => await quarantine.RestoreAsync(await quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token).Select(e => new RestoreRequest(e, Logins.Record(new QuarantinedDelivery(new MessageId(e.MessageId), e.SentTimestamp, 1)))).ToListAsync(TestDatabase.Token), TestDatabase.Token)),
            "promoted" => PromoteAsync(database),
            "installed" => database.InitializeAsync(),
            "rotated" => tokens.ReplaceAsync(new RowRange("\"public\".\"login_etl_quarantine\"", 0, 9), [], TestDatabase.Token),
            "set" => tokens.SetAsync([Key], TestDatabase.Token),
            _ => anchor.AddAsync(new AuditAnchor { FileId = Guid.NewGuid(), Line = 1, Mac = new string('a', 64), Place = "host:/a", Number = 1, Link = new string('b', 72) }, TestDatabase.Token),
        };
        await race.WaitAsync(written);
        await race.CommitAsync();

        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => written);
        Assert.Contains("watch", fault.Message, StringComparison.Ordinal);
        Assert.False(await race.SprungAsync());
        Assert.False(await database.ReadAsync<bool>("SELECT is_called FROM fired"));
        Assert.Equal(before, await database.CountAsync(relation));
    }

    [Theory]
    [InlineData("CREATE TRIGGER watch AFTER DELETE ON login_etl_ledger FOR EACH STATEMENT EXECUTE FUNCTION a_trap()")]
    [InlineData("ALTER TABLE child ADD FOREIGN KEY (key) REFERENCES login_etl_ledger ON DELETE CASCADE")]
    public async Task Pruning_looks_behind_the_lock_that_keeps_triggers_and_foreign_keys_out(string made)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            """
            CREATE FUNCTION a_trap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN CREATE TABLE IF NOT EXISTS public.sprung (); RETURN NULL; END';
            INSERT INTO login_etl_ledger (key, outcome, batch, schema_version) VALUES ('00000000-0000-7000-8000-000000000000', 1, gen_random_uuid(), 1);
            CREATE TABLE child (key uuid); INSERT INTO child SELECT key FROM login_etl_ledger;
            CREATE TRIGGER watch AFTER DELETE ON child FOR EACH ROW EXECUTE FUNCTION a_trap();
            """);
        await using var source = Database.From(database.Settings());
        await using var race = new Race(database, await database.OpenAsync());
        await race.MakeAsync(made);
        var pruning = new Tidying(source, () => SchemaStatements.NewTable(new QualifiedName("public", "user_logins"), ColumnNames.Default, AppVersionColumn.Integer));
        await using (pruning)
        {
            pruning.Begin();
            await race.WaitAsync(Task.Delay(Timeout.Infinite, TestDatabase.Token));
            await race.CommitAsync();
            await Until.Async(async () => !await race.IsWaitedForAsync(), "the pruning goes on");
            await Task.Delay(500, TestDatabase.Token);
        }

        Assert.False(await race.SprungAsync());
        Assert.Equal(1, await database.CountAsync("login_etl_ledger"));
    }

    [Theory]
    [InlineData("BEFORE DELETE ON user_logins FOR EACH ROW")]
    [InlineData("AFTER UPDATE ON login_etl_quarantine FOR EACH STATEMENT")]
    public async Task Retention_looks_behind_the_locks_that_keep_triggers_out(string trigger)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Retention = new Retention { Rows = 1, Quarantine = 1 } });
        await database.RunAsync("INSERT INTO user_logins (create_date) VALUES ('2001-01-01')");
        await using var race = await RaceAsync(database, trigger);
        var retained = database.RunAsync("SELECT login_etl_retain(10)");
        await race.WaitAsync(retained);
        await race.CommitAsync();
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => retained)).SqlState);
        Assert.False(await race.SprungAsync());
        Assert.Equal(1, await database.CountAsync());
    }

    // As a batch does with a key that the database has never seen.
    private static async Task RegisterAsync(TestDatabase database)
    {
        await using var connection = await database.OpenAsync();
        await using var batch = await connection.BeginTransactionAsync(TestDatabase.Token);
        var table = (await LiveTableReader.ReadAsync(connection, database.Settings(), TestDatabase.Token))!;
        await new KeyRegistration(table, isNewKey: true, isDryRun: false).RegisterAsync(connection, [Key], new KnownKeys([]), TestDatabase.Token);
        await batch.CommitAsync(TestDatabase.Token);
    }

    [Fact]
    public async Task Trigger_that_comes_to_the_runs_while_one_ends_never_fires()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.BeginRunAsync("logins", TestDatabase.Token);
        await using var race = await RaceAsync(database, "BEFORE INSERT OR UPDATE ON login_etl_run FOR EACH ROW");
        // A run that has ended has ended, whether that is written down or not.
        var ended = sink.EndRunAsync(Receipt.StoppedAtStart("logins", DateTimeOffset.UtcNow));
        await race.WaitAsync(ended);
        await race.CommitAsync();
        await ended;
        Assert.False(await database.ReadAsync<bool>("SELECT is_called FROM fired"));
    }

    // As the first batch after a promotion of the server does.
    private static async Task PromoteAsync(TestDatabase database)
    {
        await using var connection = await database.OpenAsync();
        await SchemaRecord.RecordTimelineAsync(connection, new QualifiedName("public", "user_logins"), TestDatabase.Token);
    }

    // As a batch by escrow does.
    private static async Task KeepAsync(TestDatabase database)
    {
        using var keys = new TestKeys();
        var record = (LoginRecord)VaultTests.Escrowed(keys, 1, _ => "10.0.0.1")[0];
        await using var connection = await database.OpenAsync();
        await using var batch = await connection.BeginTransactionAsync(TestDatabase.Token);
        await new VaultInsert(new QualifiedName("public", "user_logins")).WriteAsync(connection, [record], TestDatabase.Token);
        await batch.CommitAsync(TestDatabase.Token);
    }

    // What fires hides itself from who looks by names without a schema; a sequence tells of it even where all is undone.
    private static async Task<Race> RaceAsync(TestDatabase database, string on)
    {
        await database.RunAsync(
            """
            CREATE SEQUENCE fired; CREATE SCHEMA evil;
            CREATE TABLE evil.pg_trigger (oid oid, tgrelid oid, tgname name, tgenabled char, tgisinternal bool);
            CREATE FUNCTION a_trap() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM nextval(''public.fired''); PERFORM set_config(''search_path'', ''evil, pg_catalog'', true); CREATE TABLE IF NOT EXISTS public.sprung (); RETURN NEW; END'
            """);
        var race = new Race(database, await database.OpenAsync());
        await race.MakeAsync($"CREATE TRIGGER watch {on} EXECUTE FUNCTION a_trap()");
        return race;
    }

    /// <summary>What is made on a connection of its own, and not committed yet.</summary>
    private sealed class Race(TestDatabase database, NpgsqlConnection other) : IAsyncDisposable
    {
        private NpgsqlTransaction? _transaction;

        public async Task MakeAsync(string sql)
        {
            _transaction = await other.BeginTransactionAsync(TestDatabase.Token);
            await using var command = new NpgsqlCommand(sql, other);
            await command.ExecuteNonQueryAsync(TestDatabase.Token);
        }

        /// <summary>Until the work waits for it, or has ended.</summary>
        public Task WaitAsync(Task work) => Until.Async(async () => work.IsCompleted || await IsWaitedForAsync(), "somebody waits for the lock");

        public Task<bool> IsWaitedForAsync() => database.ReadAsync<bool>(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation IS NOT NULL AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))");

        public Task CommitAsync() => _transaction!.CommitAsync(TestDatabase.Token);

        public Task<bool> SprungAsync() => database.ReadAsync<bool>("SELECT to_regclass('sprung') IS NOT NULL");

        public ValueTask DisposeAsync() => other.DisposeAsync();
    }
}
