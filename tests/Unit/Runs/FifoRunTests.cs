using System.Text.Json.Nodes;
using LoginEtl.Connections;
using LoginEtl.Running;
using LoginEtl.Settlement;
using LoginEtl.Sqs;
using LoginEtl.Sqs.Client;
using LoginEtl.Sqs.Client.Wire;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using LoginEtl.Unit.Sqs;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>The order of a group, from a FIFO queue to the table.</summary>
public sealed class FifoRunTests(ServersFixture servers) : IDisposable
{
    private const string Table =
        LoginTable.Create + "ALTER TABLE user_logins ADD place bigserial, ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%');";

    private static readonly SinkOptions Hold = new() { OnBadInGroup = BadInGroup.HoldGroup };
    private static readonly BatchOptions Few = new() { BatchSize = 5, FlushInterval = TimeSpan.FromMilliseconds(100) };

    private readonly WholeRun _run = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Order_of_a_group_is_kept_over_flushes_rejects_refused_rows_duplicates_and_a_retry()
    {
        var database = await TestDatabase.InitializedAsync(servers, Table);
        await database.RunAsync(
            """
            CREATE SEQUENCE tries;
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF nextval('tries') = 9 THEN RAISE 'now' USING ERRCODE = '40P01'; END IF; RETURN NEW; END$$;
            CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f();
            """);
        var queue = await WholeRun.FifoAsync(servers);
        foreach (var group in new[] { "a", "b" })
        {
            await SendAsync(queue, group, [.. Enumerable.Range(0, 12).Select(i => i is 4 or 9 ? "{}" : WholeRun.Body(i is 6 or 7 ? $"bad{i}" : $"{group}{i:00}"))]);
        }

        // The first run writes one of each group and deletes none.
        var first = await _run.RunAsync(queue, database, batches: Few, receive: new ReceiveOptions { MaxMessages = 2, Receivers = 1 }, around: WholeRun.NoDeletes, timings: new SqsTimings { DeleteWithin = TimeSpan.FromMilliseconds(200) });
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
        var database = await TestDatabase.InitializedAsync(servers, Table + "ALTER TABLE user_logins ADD UNIQUE (user_id)");
        var queue = await WholeRun.FifoAsync(servers);
        await SendAsync(queue, "g", [.. Enumerable.Range(1, 5).Select(i => WholeRun.Body("same", $"{i}.0"))]);
        var receipt = await _run.RunAsync(queue, database, new SinkOptions { OnConflict = ConflictAction.Update }, Few);
        Assert.Equal((1, 4), (receipt.Written, receipt.Updated));
        Assert.Equal(5_000_000, await database.ReadAsync<int>("SELECT app_version FROM user_logins"));
    }

    [Fact]
    public async Task Group_with_a_bad_message_is_held_and_goes_back_in_its_order()
    {
        var database = await TestDatabase.InitializedAsync(servers, Table);
        var queue = await WholeRun.FifoAsync(servers);
        await SendAsync(queue, "a", [.. Enumerable.Range(0, 4).Select(i => WholeRun.Body($"a{i:00}"))]);
        await SendAsync(queue, "b", [.. Enumerable.Range(0, 6).Select(i => WholeRun.Body(i == 3 ? "bad" : $"b{i:00}"))]);
        await SendAsync(queue, "199.172.111.135", ["{}", WholeRun.Body("c01")]);

        var receipt = await _run.RunAsync(queue, database, Hold, Few);

        Assert.Equal(RunState.Completed, receipt.Outcome);
        Assert.Equal((7, 0, 2, 2), (receipt.Written, receipt.Quarantined, receipt.HeldGroups, receipt.ExitCode));
        Assert.True(receipt.Balanced);
        Assert.Equal(receipt.Received - 7, receipt.Returned);
        Assert.Equal("a00,a01,a02,a03,b00,b01,b02", await RowsAsync(database));
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
        Assert.Equal(7, await database.CountAsync("login_etl_ledger"));
        Assert.Equal((5, 0), await queue.CountsAsync());
        var said = _run.Batches.SelectMany(b => b.Held).Select(h => h.ToString()).ToList();
        Assert.Contains(said, s => s.Contains("refused_by_database, SQLSTATE 23514, constraint not_bad", StringComparison.Ordinal));
        Assert.Contains(said, s => s.Contains("missing_field", StringComparison.Ordinal));
        Assert.All(said, s => Assert.DoesNotContain("199.172", s, StringComparison.Ordinal));

        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT not_bad");
        receipt = await _run.RunAsync(queue, database, Hold, Few);
        Assert.Equal((3, 1), (receipt.Written, receipt.HeldGroups));
        Assert.InRange(receipt.Returned, 1, 2);
        Assert.Equal((2, 0), await queue.CountsAsync());
        Assert.Equal("b00,b01,b02,bad,b04,b05", await RowsAsync(database, "user_id LIKE 'b%'"));

        // Told to go on, the next run quarantines what was bad.
        receipt = await _run.RunAsync(queue, database, batches: Few);
        Assert.Equal((1, 1, 0), (receipt.Written, receipt.Quarantined, receipt.HeldGroups));
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Run_that_waits_holds_a_group_until_its_bad_message_has_moved_to_the_dead_letters()
    {
        var database = await TestDatabase.InitializedAsync(servers, Table);
        var letters = await WholeRun.FifoAsync(servers);
        var queue = await WholeRun.FifoAsync(servers, letters.AsDeadLetters(maxReceiveCount: 2));
        await SendAsync(queue, "g", [.. Enumerable.Range(0, 4).Select(i => WholeRun.Body(i == 1 ? "bad" : $"g{i}"))]);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var running = _run.RunAsync(queue, database, Hold, Few, new ReceiveOptions { WaitForever = true }, stop: stop);
        var held = 0;
        await Until.Async(async () =>
        {
            // The rows first: when nothing has moved after it, the group was held when they were counted.
            var rows = await database.CountAsync();
            if (await letters.CountsAsync() != (0, 0))
            {
                return true;
            }

            Assert.InRange(rows, 0, 1);
            held++;
            return false;
        }, "the bad message among the dead letters");
        Assert.True(held > 0, "The group was never seen to be held.");
        await Until.Async(async () => await database.CountAsync() >= 3, "what follows the bad message in the table");
        await stop.CancelAsync();
        var receipt = await running;
        Assert.Equal("g0,g2,g3", await RowsAsync(database));
        Assert.Equal(((1, 0), (0, 0)), (await letters.CountsAsync(), await queue.CountsAsync()));
        Assert.True(receipt.Balanced);
        Assert.Equal((0, 2), (receipt.Quarantined, receipt.ExitCode));
        Assert.InRange(receipt.HeldGroups, 1, 2);
    }

    [Fact]
    public async Task Run_that_waits_goes_on_when_only_held_messages_come()
    {
        var database = await TestDatabase.InitializedAsync(servers, Table);
        var queue = await WholeRun.FifoAsync(servers);
        await SendAsync(queue, "z", [WholeRun.Body("z0")]);
        for (var i = 0; i < 12; i++)
        {
            await SendAsync(queue, $"g{i:00}", [WholeRun.Body($"bad{i:00}"), WholeRun.Body($"behind{i:00}")]);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var running = _run.RunAsync(queue, database, Hold, new BatchOptions { FlushInterval = TimeSpan.FromMilliseconds(500) }, new ReceiveOptions { WaitForever = true }, stop: stop);
        await Until.Async(() => running.IsFaulted || _run.HeldGroups >= 24, "all bad messages a second time");
        await SendAsync(queue, "z", [WholeRun.Body("z1")]);
        await Until.Async(async () => await database.CountAsync() >= 2, "what came after them in the table");
        await stop.CancelAsync();
        var receipt = await running;
        Assert.Equal("z0,z1", await RowsAsync(database));
        Assert.Equal((RunState.Stopped, 2, 0, 2), (receipt.Outcome, receipt.Written, receipt.Quarantined, receipt.ExitCode));
        Assert.True(receipt.Balanced);
        Assert.Equal((24, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task What_is_locked_behind_a_message_whose_delete_failed_is_waited_for_beside_held_groups()
    {
        var database = await TestDatabase.InitializedAsync(servers, Table);
        var queue = await WholeRun.FifoAsync(servers, new JsonObject { ["VisibilityTimeout"] = "4" });
        await SendAsync(queue, "g", [WholeRun.Body("g0"), WholeRun.Body("g1")]);
        await SendAsync(queue, "h", [WholeRun.Body("bad"), WholeRun.Body("h1")]);
        string? receipt = null;
        var run = await _run.RunAsync(
            queue, database, Hold, Few, new ReceiveOptions { DrainWindow = TimeSpan.FromMilliseconds(200) },
            new SqsTimings { DeleteWithin = TimeSpan.FromMilliseconds(200) },
            around: client => new FaultyClient(client)
            {
                OnDelete = (request, call) => (receipt ??= request.Entries[0].ReceiptHandle) == request.Entries[0].ReceiptHandle
                    ? Task.FromException<BatchResponse>(new SqsException("DeleteMessageBatch", SqsFault.Unavailable, "Down")) : call(),
            });
        Assert.Equal("g0,g1", await RowsAsync(database));
        Assert.Equal((RunState.Completed, 2, 1, 1, 1), (run.Outcome, run.Written, run.Duplicate, run.Undeleted, run.HeldGroups));
        Assert.True(run.Balanced);
        Assert.Equal((2, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Later_messages_of_a_held_group_go_back_from_its_batch_and_from_the_next_ones()
    {
        // The server gives one message of a group at a time; SQS gives up to ten.
        var database = await TestDatabase.InitializedAsync(servers, Table);
        await using var sink = await database.SinkAsync(Hold);
        var source = new Core.Running.StubSource(new Core.Running.Journal()) { Handover = 20 };
        for (var i = 1; i <= 10; i++)
        {
            source.Add(null, i == 3 ? WholeRun.Body("bad") : WholeRun.Body($"g{i:00}"), new("g", $"{i}"));
            source.Add(null, i == 9 ? "{}" : WholeRun.Body($"h{i:00}"), new("h", $"{i}"));
        }

        using var keys = new Core.TestKeys();
        using var protectors = keys.Protectors();
        var batches = new List<BatchReport>();
        var receipt = await EtlRun.RunAsync(source, protectors, sink, new BatchOptions { BatchSize = 8 }, batches.Add, Cancelled);

        Assert.Equal("g01,g02,h01,h02,h03,h04,h05,h06,h07,h08", await RowsAsync(database));
        Assert.Equal((20, 10, 10, 0, 2, 2), (receipt.Received, receipt.Written, receipt.Returned, receipt.Quarantined, receipt.HeldGroups, receipt.ExitCode));
        Assert.True(receipt.Balanced);
        Assert.Equal(10, await database.CountAsync("login_etl_ledger"));
        Assert.Equal([2, 2], batches.SelectMany(b => b.Held).Select(h => h.Messages));
        Assert.Equal(20, batches.Sum(b => b.Outcomes.Count));
    }

    [Fact]
    public async Task Message_of_a_held_group_that_came_by_two_receivers_is_deleted_by_neither()
    {
        var database = await TestDatabase.InitializedAsync(servers, Table);
        var queue = await WholeRun.FifoAsync(servers, new JsonObject { ["VisibilityTimeout"] = "2" });
        await SendAsync(queue, "g", [WholeRun.Body("bad")]);
        await using var sink = await database.SinkAsync(Hold);
        var runs = await _run.TwoReceiptsAsync(queue, sink, Logins.Record(Logins.Line(Guid.NewGuid()), "good"));
        Assert.Equal([Outcome.Returned, Outcome.Returned, Outcome.Written], Assert.Single(_run.Batches).Outcomes);
        // What one gives back may come to the other again, and goes back again.
        Assert.All(runs, r => Assert.Equal((r.Receipt().Received, true), (r.Receipt().Returned + r.Receipt().Lapsed, r.Receipt().Balanced)));
        Assert.Equal("good", await RowsAsync(database));
        Assert.Equal((1, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Pipeline_that_reorders_a_group_within_a_batch_is_put_right()
    {
        var database = await TestDatabase.InitializedAsync(servers, Table + "ALTER TABLE user_logins ADD UNIQUE (user_id)");
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

    private static async Task SendAsync(TestQueue queue, string group, IReadOnlyList<string> bodies)
    {
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, Cancelled);
        await sender.SendAsync(bodies, group, Cancelled);
    }

    private static Task<string> RowsAsync(TestDatabase database, string where = "true") =>
        database.ReadAsync<string>($"SELECT string_agg(user_id, ',' ORDER BY left(user_id, 1), place) FROM user_logins WHERE {where}");
}
