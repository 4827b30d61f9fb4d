using LoginEtl.Aws.Queues;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>The order of a group, from a FIFO queue to the table.</summary>
public sealed class FifoRunTests(ServersFixture servers) : IDisposable
{
    private static readonly BatchOptions Few = new() { BatchSize = 5, FlushInterval = TimeSpan.FromMilliseconds(100) };

    private readonly WholeRun _run = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Order_of_a_group_is_kept_over_flushes_rejects_refused_rows_duplicates_and_a_retry()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        await database.RunAsync(
            """
            CREATE SEQUENCE tries;
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF nextval('tries') = 9 THEN RAISE 'now' USING ERRCODE = '40P01'; END IF; RETURN NEW; END$$;
            CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f();
            """);
        var queue = await TestQueue.FifoAsync(servers);
        foreach (var group in new[] { "a", "b" })
        {
            await WholeRun.SendAsync(queue, group, [.. Enumerable.Range(0, 12).Select(i => i is 4 or 9 ? "{}" : WholeRun.Body(i is 6 or 7 ? $"bad{i}" : $"{group}{i:00}"))]);
        }

        // The first run writes two and deletes none.
        await using var lossy = WholeRun.NoDeletes(servers);
        var first = await _run.RunAsync(queue, database, batches: Few, receive: new ReceiveOptions { MaxMessages = 2, Receivers = 1 }, server: lossy, timings: new SqsTimings { DeleteWithin = TimeSpan.FromMilliseconds(200) });
        Assert.Equal(2, first.Undeleted);
        await queue.MakeVisibleAsync(_run.Batches.SelectMany(b => b.Logins));
        var receipt = await _run.RunAsync(queue, database, batches: Few);
        Assert.True(receipt.Balanced);
        Assert.Equal((24, 2, 0), (receipt.Received, receipt.Duplicate, receipt.Returned));
        foreach (var group in new[] { "a", "b" })
        {
            Assert.Equal(
                string.Join(',', Enumerable.Range(0, 12).Where(i => i is not (4 or 9 or 6 or 7)).Select(i => $"{group}{i:00}")),
                await database.ReadAsync<string>($"SELECT string_agg(user_id, ',' ORDER BY place) FROM user_logins WHERE user_id LIKE '{group}%'"));
        }

        Assert.Equal(8, await database.CountAsync("login_etl_quarantine"));
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Update_leaves_the_last_message_of_a_group()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable + "ALTER TABLE user_logins ADD UNIQUE (user_id)");
        var queue = await TestQueue.FifoAsync(servers);
        await WholeRun.SendAsync(queue, "g", [.. Enumerable.Range(1, 5).Select(i => WholeRun.Body("same", $"{i}.0"))]);
        var receipt = await _run.RunAsync(queue, database, new SinkOptions { OnConflict = ConflictAction.Update }, Few);
        Assert.Equal((1, 4), (receipt.Written, receipt.Updated));
        Assert.Equal(5_000_000, await database.ReadAsync<int>("SELECT app_version FROM user_logins"));
    }

    [Fact]
    public async Task Pipeline_that_reorders_a_group_within_a_batch_is_put_right()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable + "ALTER TABLE user_logins ADD UNIQUE (user_id)");
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Update });
        var now = DateTimeOffset.UtcNow.AddMinutes(-1);
        // The last of the group by its sequence number has the oldest clock, and 10 comes after 9 as a number only.
        LoginEtl.Records.ProtectedLogin[] batch =
        [
            Logins.Record(Logins.Delivery(sent: now.AddSeconds(-1), group: new("g", "10")), "u", "10.0"),
            Logins.Record(Logins.Delivery(sent: now.AddSeconds(-5), group: new("h", "1")), "u", "1.0"),
            Logins.Record(Logins.Delivery(sent: now, group: new("g", "9")), "u", "9.0"),
        ];
        Assert.Equal([Outcome.Updated, Outcome.Written, Outcome.Updated], (await sink.WriteAsync(batch, Cancelled)).Outcomes);
        Assert.Equal(10_000_000, await database.ReadAsync<int>("SELECT app_version FROM user_logins"));
    }

    [Fact]
    public async Task Run_that_waits_for_nobody_writes_what_is_locked_behind_its_own_batch()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var queue = await TestQueue.FifoAsync(servers);
        await WholeRun.SendAsync(queue, "g", [.. Enumerable.Range(0, 12).Select(i => WholeRun.Body($"g{i:00}"))]);
        // Longer than the queue is idle before its counts are looked at.
        var receipt = await _run.RunAsync(
            queue, database, batches: new BatchOptions { FlushInterval = TimeSpan.FromSeconds(1.5) },
            receive: new ReceiveOptions { DrainTimeout = TimeSpan.Zero, DrainWindow = TimeSpan.FromMilliseconds(200) });
        Assert.Equal((RunState.Completed, 12), (receipt.Outcome, receipt.Written));
        Assert.Equal(string.Join(',', Enumerable.Range(0, 12).Select(i => $"g{i:00}")), await WholeRun.RowsAsync(database));
    }
}
