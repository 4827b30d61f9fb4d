using System.Diagnostics;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Faults;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Faults of the system are retried or stop the run; they neither lose, double nor quarantine anything.</summary>
public sealed class SystemFaultTests(ServersFixture servers)
{
    [Theory]
    [InlineData(CommitCut.Lost)]
    [InlineData(CommitCut.Arrives)]
    [InlineData(CommitCut.ArrivesLate)]
    public async Task Lost_answer_to_commit_neither_loses_nor_doubles_a_row(CommitCut cut)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var proxy = new PostgresProxy(database.ConnectionString, cut, cuts: 2);
        await using var sink = await database.SinkAsync(settings: Through(proxy));
        ProtectedLogin[] batch = [.. Logins.Records(50), Logins.Reject()];
        var result = await sink.WriteAsync(batch, TestDatabase.Token);
        Assert.Equal(cut == CommitCut.Lost ? 2 : 1, proxy.Cuts);
        Assert.Equal([.. Enumerable.Repeat(Outcome.Written, 50), Outcome.Quarantined], result.Outcomes);
        Assert.Equal(50, await database.CountAsync());
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine"));
        Assert.Equal(51, await database.CountAsync($"login_etl_ledger WHERE batch = '{result.BatchId}'"));
    }

    [Fact]
    public async Task Commit_that_cannot_be_found_out_is_said_to_be_unknown()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var proxy = new PostgresProxy(database.ConnectionString, CommitCut.ArrivesAndServerIsGone);
        await using var sink = await database.SinkAsync(new SinkOptions { RetryFor = TimeSpan.FromSeconds(1) }, settings: Through(proxy));
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(5), TestDatabase.Token));
        Assert.True(fault.CommitUnknown);
        Assert.Equal("DatabaseUnreachable", fault.Id);
    }

    [Fact]
    public async Task Silent_server_ends_the_run_in_bounded_time()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var proxy = new PostgresProxy(database.ConnectionString, CommitCut.Silence);
        var settings = Through(proxy) with { Database = new SecretText(proxy.ConnectionString + ";Timeout=1"), Timeout = TimeSpan.FromSeconds(1) };
        await using var sink = await database.SinkAsync(new SinkOptions { RetryFor = TimeSpan.FromSeconds(2) }, settings: settings);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(
            () => sink.WriteAsync(Logins.Records(5), TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(30), TestDatabase.Token));
        Assert.Equal("DatabaseUnreachable", fault.Id);
        Assert.True(fault.CommitUnknown);
    }

    [Fact]
    public async Task Killed_server_that_comes_back_is_written_to_without_loss()
    {
        await using var server = await PostgresServer.StartAsync(TestPostgres.Options, TestDatabase.Token);
        var settings = new DatabaseSettings { Database = new SecretText(server.ConnectionString) };
        await new LoginEtl.Postgres.PostgresConnector().InitializeAsync(settings, new SchemaOptions(), TestDatabase.Token);
        await using var sink = await new LoginEtl.Postgres.PostgresConnector().WriteToAsync(settings, new SinkOptions(), TestDatabase.Token);
        var written = 0;
        var writing = Task.Run(async () =>
        {
            for (var batch = 0; batch < 40; batch++)
            {
                var result = await sink.WriteAsync(Logins.Records(500), TestDatabase.Token);
                Interlocked.Add(ref written, result.Outcomes.Count(o => o == Outcome.Written));
            }
        }, TestDatabase.Token);
        await Until.Async(() => writing.IsCompleted || Volatile.Read(ref written) >= 2000, "2,000 rows written");
        Assert.False(writing.IsCompleted, "All was written before the server was killed, or the writing failed.");
        await server.KillAsync(TestDatabase.Token);
        await server.StartAsync(TestDatabase.Token);
        await writing;
        Assert.Equal(20_000, written);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(TestDatabase.Token);
        await using var count = new NpgsqlCommand("SELECT count(*) FROM user_logins", connection);
        Assert.Equal(20_000L, await count.ExecuteScalarAsync(TestDatabase.Token));
    }

    [Fact]
    public async Task Killed_backend_is_retried()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            """
            CREATE SEQUENCE tries;
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF nextval('tries') = 50 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); END IF; RETURN NEW; END$$;
            CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f();
            """);
        await using var sink = await database.SinkAsync();
        Assert.All((await sink.WriteAsync(Logins.Records(100), TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Written, o));
        Assert.Equal(100, await database.CountAsync());
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Connection_killed_while_idle_is_replaced()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Logins.Records(5), TestDatabase.Token);
        await database.RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'LoginEtl' AND datname = current_database()");
        Assert.All((await sink.WriteAsync(Logins.Records(5), TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Written, o));
        Assert.Equal(10, await database.CountAsync());
    }

    [Theory]
    [InlineData("40P01")]
    [InlineData("40001")]
    [InlineData("53100")]
    [InlineData("53200")]
    [InlineData("55P03")]
    [InlineData("58030")]
    [InlineData("25006")]
    public async Task Transient_fault_is_retried_and_quarantines_nothing(string state)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            $"""
            CREATE SEQUENCE tries;
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF nextval('tries') IN (5, 10) THEN RAISE 'now' USING ERRCODE = '{state}'; END IF; RETURN NEW; END$$;
            CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f();
            """);
        await using var sink = await database.SinkAsync();
        Assert.All((await sink.WriteAsync(Logins.Records(8), TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Written, o));
        Assert.Equal(8, await database.CountAsync());
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Fault_that_does_not_pass_ends_the_run_when_the_time_is_over()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            """
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'full' USING ERRCODE = '53100'; END$$;
            CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f();
            """);
        await using var sink = await database.SinkAsync(new SinkOptions { RetryFor = TimeSpan.FromSeconds(1) });
        var clock = Stopwatch.StartNew();
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(50), TestDatabase.Token));
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6));
        Assert.Equal("WriteFailed", fault.Id);
        Assert.Contains("53100", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.CommitUnknown);
        Assert.Equal(0, await database.CountAsync("login_etl_ledger"));
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Writers_with_the_users_keys_in_opposite_orders_do_not_deadlock()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, LoginTable.Create + "ALTER TABLE user_logins ADD PRIMARY KEY (user_id)");
        var before = await database.ReadAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
        await using var one = await database.SinkAsync();
        await using var other = await database.SinkAsync();
        for (var round = 0; round < 4; round++)
        {
            var first = round;
            var results = await Task.WhenAll(
                Task.Run(() => one.WriteAsync(Logins.Records(400, i => $"{first}-{i}"), TestDatabase.Token)),
                Task.Run(() => other.WriteAsync(Logins.Records(400, i => $"{first}-{i + 200 - (2 * (i % 200))}"), TestDatabase.Token)));
            Assert.All(results, r => Assert.Equal(400, r.Outcomes.Count(o => o is Outcome.Written or Outcome.Quarantined)));
        }

        Assert.Equal(await database.CountAsync(), await database.CountAsync("login_etl_ledger WHERE outcome = 1"));
        Assert.Equal(before, await database.ReadAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task Concurrent_writers_of_the_same_messages_make_one_row_each()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var one = await database.SinkAsync();
        await using var other = await database.SinkAsync();
        for (var round = 0; round < 5; round++)
        {
            var batch = Logins.Records(500);
            var results = await Task.WhenAll(
                Task.Run(() => one.WriteAsync(batch, TestDatabase.Token)), Task.Run(() => other.WriteAsync([.. batch.Reverse()], TestDatabase.Token)));
            Assert.Equal(500, results.Sum(r => r.Outcomes.Count(o => o == Outcome.Written)));
            Assert.Equal(500, results.Sum(r => r.Outcomes.Count(o => o == Outcome.Duplicate)));
        }

        Assert.Equal(2500, await database.CountAsync());
    }

    [Fact]
    public async Task Asynchronous_commit_of_the_role_is_raised()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            """
            CREATE TABLE seen (setting text);
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END$$;
            CREATE TRIGGER t AFTER INSERT ON user_logins FOR EACH STATEMENT EXECUTE FUNCTION f();
            """);
        await database.AsRoleAsync(role => $"{TestDatabase.WriterRights(role)} GRANT INSERT ON seen TO {role}; ALTER ROLE {role} SET synchronous_commit = off", async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
            Assert.Equal("on", await database.ReadAsync<string>("SELECT setting FROM seen"));
        });
    }

    private static DatabaseSettings Through(PostgresProxy proxy) => new() { Database = new SecretText(proxy.ConnectionString) };
}
