using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

public sealed class PostgresSinkTests(ServersFixture servers)
{
    [Fact]
    public async Task Rows_ledger_and_quarantine_are_written_in_the_batch_order_of_outcomes()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var result = await sink.WriteAsync([Logins.Record(), Logins.Reject(), Logins.Record(locale: null)], TestDatabase.Token);
        Assert.Equal([Outcome.Written, Outcome.Quarantined, Outcome.Written], result.Outcomes);
        Assert.Equal(2, await database.CountAsync());
        Assert.Equal(1, await database.CountAsync("user_logins WHERE locale IS NULL AND app_version = 2003000 AND length(masked_ip) = 55"));
        Assert.Equal(3, await database.CountAsync($"login_etl_ledger WHERE batch = '{result.BatchId}'"));
        Assert.Equal(1, await database.CountAsync(
            "login_etl_quarantine WHERE reason = 'missing_field' AND field = 'user_id' AND sealed_body = '\\x010203' AND receive_count = 1"));
        Assert.Equal("public.user_logins", sink.Name);
    }

    [Fact]
    public async Task Create_date_is_the_day_of_the_record()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var record = Logins.Record();
        await sink.WriteAsync([record], TestDatabase.Token);
        Assert.Equal(record.CreateDate.ToDateTime(default), await database.ReadAsync<DateTime>("SELECT create_date::timestamp FROM user_logins"));
    }

    [Fact]
    public async Task Same_id_twice_in_a_batch_makes_one_row()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var (id, sent) = (Guid.NewGuid(), DateTimeOffset.UtcNow);
        var result = await sink.WriteAsync(
            [Logins.Record(Logins.Delivery(id, sent)), Logins.Record(), Logins.Record(Logins.Delivery(id, sent, receiveCount: 2))], TestDatabase.Token);
        Assert.Equal([Outcome.Written, Outcome.Written, Outcome.Duplicate], result.Outcomes);
        Assert.Equal(2, await database.CountAsync());
    }

    [Fact]
    public async Task Redelivered_message_makes_no_second_row()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var first = Logins.Records(20);
        await sink.WriteAsync(first, TestDatabase.Token);
        ProtectedLogin[] second = [.. first[5..10], .. Logins.Records(3), first[19]];
        var result = await sink.WriteAsync(second, TestDatabase.Token);
        Outcome[] expected = [.. Enumerable.Repeat(Outcome.Duplicate, 5), .. Enumerable.Repeat(Outcome.Written, 3), Outcome.Duplicate];
        Assert.Equal(expected, result.Outcomes);
        Assert.Equal(23, await database.CountAsync());
        Assert.All((await sink.WriteAsync(second, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Duplicate, o));
        await using var other = await database.SinkAsync();
        Assert.All((await other.WriteAsync(second, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Duplicate, o));
        Assert.Equal(23, await database.CountAsync());
    }

    [Fact]
    public async Task Redelivered_fifo_message_is_known_although_its_timestamp_changed()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var (id, group) = (Guid.NewGuid(), new FifoPosition("g", "1"));
        await sink.WriteAsync([Logins.Record(Logins.Delivery(id, DateTimeOffset.UtcNow.AddDays(-20), group: group))], TestDatabase.Token);
        var result = await sink.WriteAsync([Logins.Record(Logins.Delivery(id, DateTimeOffset.UtcNow, group: group))], TestDatabase.Token);
        Assert.Equal([Outcome.Duplicate], result.Outcomes);
    }

    [Fact]
    public async Task Redelivered_reject_stands_in_quarantine_once()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var reject = Logins.Reject();
        Assert.Equal([Outcome.Quarantined], (await sink.WriteAsync([reject], TestDatabase.Token)).Outcomes);
        Assert.Equal([Outcome.Quarantined, Outcome.Written], (await sink.WriteAsync([reject, Logins.Record()], TestDatabase.Token)).Outcomes);
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine"));
        Assert.Equal(1, await database.CountAsync("login_etl_ledger WHERE outcome = 2"));
    }

    [Fact]
    public async Task Lines_of_text_have_a_ledger_of_their_own()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var id = Guid.NewGuid();
        ProtectedLogin[] batch = [Logins.Record(Logins.Line(id)), Logins.Record(), Logins.Reject(Logins.Line(Guid.NewGuid(), 7))];
        Assert.Equal([Outcome.Written, Outcome.Written, Outcome.Quarantined], (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes);
        Assert.Equal([Outcome.Duplicate, Outcome.Duplicate, Outcome.Quarantined], (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes);
        Assert.Equal(2, await database.CountAsync("login_etl_file_ledger"));
        Assert.Equal(1, await database.CountAsync("login_etl_ledger"));
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine WHERE source = 'logins.ndjson:7'"));
    }

    [Fact]
    public async Task Message_past_the_horizon_stops_the_run_and_writes_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        ProtectedLogin[] batch = [Logins.Record(), Logins.Record(Logins.Delivery(sent: DateTimeOffset.UtcNow.AddDays(-16)))];
        var fault = await Assert.ThrowsAsync<LoginEtl.Faults.LoginEtlException>(() => sink.WriteAsync(batch, TestDatabase.Token));
        Assert.Equal("MessageTooOld", fault.Id);
        Assert.Equal(0, await database.CountAsync("login_etl_ledger"));
    }

    [Fact]
    public async Task Message_without_timestamp_is_never_given_now()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var delivery = new QueueDelivery(new MessageId(Guid.NewGuid().ToString()), "r", null, 1, DateTimeOffset.UtcNow);
        var fault = await Assert.ThrowsAsync<LoginEtl.Faults.LoginEtlException>(() => sink.WriteAsync([Logins.Reject(delivery)], TestDatabase.Token));
        Assert.Equal("MissingSentTimestamp", fault.Id);
    }

    [Fact]
    public async Task Empty_batch_writes_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        Assert.Empty((await sink.WriteAsync([], TestDatabase.Token)).Outcomes);
    }

    [Theory]
    [InlineData("user_logins", 3, 30, false)]
    [InlineData("login_etl_ledger", 3, 30, false)]
    [InlineData("user_logins", 3, 4, true)]
    public async Task Lock_that_a_batch_waits_for_is_told_as_one_with_the_session_that_holds_it(string table, int timeout, int retryFor, bool isForEver)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var told = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var options = new SinkOptions { RetryFor = TimeSpan.FromSeconds(retryFor), Waiting = told.Enqueue };
        await using var sink = await new LoginEtl.Postgres.PostgresConnector().WriteToAsync(database.Settings() with { Timeout = TimeSpan.FromSeconds(timeout) }, options, TestDatabase.Token);
        await using var blocker = await database.OpenAsync();
        await using var transaction = await blocker.BeginTransactionAsync(TestDatabase.Token);
        await using var command = new Npgsql.NpgsqlCommand($"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", blocker);
        await command.ExecuteNonQueryAsync(TestDatabase.Token);
        var writing = sink.WriteAsync(Logins.Records(100), TestDatabase.Token);
        if (isForEver)
        {
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => writing);
            Assert.Equal(("TableLocked", FaultKind.Unreachable), (fault.Id, fault.Kind));
            Assert.Contains($"session {blocker.ProcessID} (", fault.Message, StringComparison.Ordinal);
            return;
        }

        await Until.Async(() => !told.IsEmpty, "the lock is told of");
        await transaction.RollbackAsync(TestDatabase.Token);
        Assert.Equal(100, (await writing).Outcomes.Count);
        Assert.Contains("waits for a lock at 127.0.0.1", told.First(), StringComparison.Ordinal);
        Assert.Contains($"that session {blocker.ProcessID} (", told.First(), StringComparison.Ordinal);
        Assert.Equal(100, await database.CountAsync());
    }

    [Fact]
    public async Task Batch_cancelled_before_its_commit_leaves_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await using var blocker = await database.OpenAsync();
        await using var transaction = await blocker.BeginTransactionAsync(TestDatabase.Token);
        await using var command = new Npgsql.NpgsqlCommand("LOCK TABLE user_logins IN ACCESS EXCLUSIVE MODE", blocker);
        await command.ExecuteNonQueryAsync(TestDatabase.Token);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sink.WriteAsync(Logins.Records(100), stop.Token));
        await transaction.RollbackAsync(TestDatabase.Token);
        Assert.Equal(0, await database.CountAsync("login_etl_ledger"));
        Assert.Equal(0, await database.CountAsync());
    }
}
