using LoginEtl.Faults;
using LoginEtl.History;
using LoginEtl.Postgres;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What a database remembers of its runs.</summary>
public sealed class RunHistoryTests(ServersFixture servers)
{
    private const string Ago = "UPDATE login_etl_run SET seen_at = now() - interval '4 minutes'";

    [Fact]
    public async Task Run_counts_what_the_ledger_has_of_it_in_the_batches_own_transactions()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        Assert.Empty(await sink.BeginRunAsync("logins", TestDatabase.Token));
        var began = Assert.Single(await RunsAsync(database));
        Assert.Equal((LoginRunState.Running, "logins", Environment.MachineName, ProgramVersion.Text, 0L, null), (began.State, began.Source, began.Host, began.Version, began.Batches, began.Received));

        var batch = Logins.Records(3);
        await sink.WriteAsync(batch, TestDatabase.Token);
        await sink.WriteAsync([.. batch, Logins.Reject(), Logins.Record(version: "not one")], TestDatabase.Token);
        await sink.WriteAsync(batch, TestDatabase.Token);
        var run = Assert.Single(await RunsAsync(database));
        Assert.Equal((2L, 3L, 2L, LoginRunState.Running), (run.Batches, run.Written, run.Quarantined, run.State));
        await LedgerIsSumAsync(database);

        await sink.EndRunAsync(new Receipt { Source = "logins", Outcome = RunState.Completed, Ended = EndReason.Drained, StartedAt = DateTimeOffset.UtcNow, Elapsed = TimeSpan.Zero, Received = 11, Duplicate = 6 });
        var ended = Assert.Single(await RunsAsync(database));
        Assert.Equal((LoginRunState.Completed, "Drained", 11L, 6L, 3L), (ended.State, ended.Ended, ended.Received, ended.Duplicate, ended.Written));
        Assert.NotNull(ended.EndedAt);
        Assert.Equal(await database.ReadAsync<string>("SELECT session_user::text"), ended.StartedBy);
    }

    [Fact]
    public async Task Run_that_was_killed_keeps_its_counts_and_is_told_of_once_by_the_next()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using (var killed = await database.SinkAsync())
        {
            await killed.BeginRunAsync("logins", TestDatabase.Token);
            await killed.WriteAsync(Logins.Records(4), TestDatabase.Token);
        }

        await using var next = await database.SinkAsync();
        // It may go on elsewhere still.
        Assert.Empty(await next.BeginRunAsync("logins", TestDatabase.Token));
        await database.RunAsync(Ago);
        Assert.Equal(LoginRunState.Lost, (await RunsAsync(database))[^1].State);
        await using var third = await database.SinkAsync();
        var said = await third.BeginRunAsync("logins", TestDatabase.Token);
        Assert.Equal(2, said.Count);
        Assert.Contains("has not ended", said[0], StringComparison.Ordinal);
        Assert.Contains(said, s => s.Contains("The 4 rows it wrote stand", StringComparison.Ordinal));
        await using var last = await database.SinkAsync();
        Assert.Empty(await last.BeginRunAsync("logins", TestDatabase.Token));
        Assert.Equal(2, (await RunsAsync(database, new RunFilter { Failed = true })).Count);

        // One that was only slow is there again.
        await next.WriteAsync(Logins.Records(1), TestDatabase.Token);
        Assert.Equal(4L, Assert.Single(await RunsAsync(database, new RunFilter { Failed = true })).Written);
        await LedgerIsSumAsync(database);
    }

    [Fact]
    public async Task Batch_that_does_not_stand_is_not_counted()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync(new SinkOptions { RetryFor = TimeSpan.FromSeconds(1) });
        await sink.BeginRunAsync("logins", TestDatabase.Token);
        await database.RunAsync("CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '57014'; END $$; CREATE CONSTRAINT TRIGGER never AFTER INSERT ON user_logins DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION never()");
        await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(2), TestDatabase.Token));
        Assert.Equal((0L, 0L), (Assert.Single(await RunsAsync(database)).Written, await database.CountAsync("login_etl_ledger")));
    }

    [Fact]
    public async Task Dry_run_is_not_remembered()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync(new SinkOptions { DryRun = true });
        Assert.Empty(await sink.BeginRunAsync("logins", TestDatabase.Token));
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        Assert.Empty(await RunsAsync(database));
    }

    [Theory]
    [InlineData("DROP TABLE login_etl_run", "there is no")]
    [InlineData("ALTER TABLE login_etl_run DROP COLUMN host", "is not the table")]
    public async Task Database_that_cannot_remember_is_told_of_and_written_to(string ddl, string said)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(ddl);
        await using var sink = await database.SinkAsync();
        Assert.Contains(said, Assert.Single(await sink.BeginRunAsync("logins", TestDatabase.Token)), StringComparison.OrdinalIgnoreCase);
        Assert.Equal([Outcome.Written], (await sink.WriteAsync(Logins.Records(1), TestDatabase.Token)).Outcomes);
        await sink.EndRunAsync(Receipt.Failed("logins", DateTimeOffset.UtcNow, LoginEtlException.Unexpected(new TimeoutException())));
        await Assert.ThrowsAsync<LoginEtlException>(() => RunsAsync(database));
    }

    [Fact]
    public async Task Run_goes_on_where_its_row_goes_away()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.BeginRunAsync("logins", TestDatabase.Token);
        await sink.WriteAsync(Logins.Records(1), TestDatabase.Token);
        await database.RunAsync("DROP TABLE login_etl_run");
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        Assert.Equal(3, await database.CountAsync());
    }

    [Fact]
    public async Task Members_of_the_roles_write_and_read_it_and_whoever_may_not_is_told()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await database.AsMemberAsync("login_etl_writer", async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            Assert.Empty(await sink.BeginRunAsync("logins", TestDatabase.Token));
            await sink.WriteAsync(Logins.Records(1), TestDatabase.Token);
            Assert.Equal(settings.UserName, Assert.Single(await RunsAsync(database)).StartedBy);
        });
        await database.AsMemberAsync("login_etl_auditor", async settings => Assert.Single(await new PostgresConnector().ListRunsAsync(settings, new RunFilter(), TestDatabase.Token)));
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            Assert.Contains("GRANT SELECT, INSERT, UPDATE", Assert.Single(await sink.BeginRunAsync("logins", TestDatabase.Token)), StringComparison.Ordinal);
            Assert.Equal([Outcome.Written], (await sink.WriteAsync(Logins.Records(1), TestDatabase.Token)).Outcomes);
        });
    }

    [Fact]
    public async Task Trigger_that_comes_to_it_ends_the_run_before_it_fires()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.BeginRunAsync("logins", TestDatabase.Token);
        await database.RunAsync("CREATE TABLE caught (n int); CREATE FUNCTION a_trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO caught VALUES (1); RETURN NULL; END $$; CREATE TRIGGER watch AFTER UPDATE ON login_etl_run FOR EACH ROW EXECUTE FUNCTION a_trap()");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(2), TestDatabase.Token));
        Assert.Contains("login_etl_run has the trigger watch", fault.Message, StringComparison.Ordinal);
        await sink.EndRunAsync(Receipt.Failed("logins", DateTimeOffset.UtcNow, fault));
        Assert.Equal((0, 0, 0), (await database.CountAsync("caught"), await database.CountAsync(), await database.CountAsync("login_etl_ledger")));
    }

    [Fact]
    public async Task Texts_that_somebody_put_there_are_not_said()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(@"INSERT INTO login_etl_run (id, host, program, source) VALUES (gen_random_uuid(), E'x\ny: all is well', 'v', 'password=secret'); " + Ago);
        await using var sink = await database.SinkAsync();
        var said = Assert.Single(await sink.BeginRunAsync("logins", TestDatabase.Token));
        Assert.DoesNotContain("well", said, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_stands_there_keeps_no_run_and_no_list_from_going_on()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            """
            INSERT INTO login_etl_run (id, host, program, seen_at, started_at, ended_at, source) SELECT gen_random_uuid(), 'h', E'p\x1b[2J', t, t, t, E'q\u202E'
            FROM unnest(ARRAY['4000-01-01 BC', '-infinity', 'infinity', '294000-01-01', '2020-01-01']::timestamptz[]) t;
            INSERT INTO login_etl_run (id, host, program, seen_at, source) SELECT gen_random_uuid(), 'h', 'p', '2020-01-01', repeat('x', 1000) FROM generate_series(1, 50)
            """);
        Assert.All(await RunsAsync(database, new RunFilter { Last = 100 }), r => Assert.DoesNotContain($"{r}{r.Version}{r.Source}", c => char.IsControl(c) || c == '\u202E'));
        await using var locked = await database.OpenAsync();
        await using (await locked.BeginTransactionAsync(TestDatabase.Token))
        {
            // Somebody who may write there holds a row.
            await using var command = new Npgsql.NpgsqlCommand("SELECT 1 FROM login_etl_run WHERE seen_at = '2020-01-01' ORDER BY id LIMIT 1 FOR UPDATE", locked);
            await command.ExecuteNonQueryAsync(TestDatabase.Token);
            await using var sink = await database.SinkAsync();
            var said = await sink.BeginRunAsync("logins", TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(30), TestDatabase.Token);
            Assert.Equal(10, said.Count);
            Assert.All(said, s => Assert.InRange(s.Length, 1, 500));
        }
    }

    private static Task<IReadOnlyList<LoginRun>> RunsAsync(TestDatabase database, RunFilter? filter = null) =>
        new PostgresConnector().ListRunsAsync(database.Settings(), filter ?? new RunFilter(), TestDatabase.Token);

    private static async Task LedgerIsSumAsync(TestDatabase database)
    {
        var runs = await RunsAsync(database);
        Assert.Equal(await database.CountAsync("login_etl_ledger WHERE outcome = 1"), runs.Sum(r => r.Written + r.Updated + r.Skipped + r.Suppressed));
        Assert.Equal(await database.CountAsync("login_etl_ledger WHERE outcome = 2"), runs.Sum(r => r.Quarantined));
    }
}
