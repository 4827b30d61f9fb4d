using System.Text.Json.Nodes;
using LoginEtl.Aws.Queues;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>Groups of a FIFO queue that a bad message holds.</summary>
public sealed class HeldGroupRunTests(ServersFixture servers) : IDisposable
{
    private static readonly SinkOptions Hold = new() { OnBadInGroup = BadInGroupAction.HoldGroup };
    private static readonly BatchOptions Few = new() { BatchSize = 5, FlushInterval = TimeSpan.FromMilliseconds(100) };

    private readonly WholeRun _run = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Group_with_a_bad_message_is_held_and_goes_back_in_its_order()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var queue = await TestQueue.FifoAsync(servers);
        await WholeRun.SendAsync(queue, "a", [.. Enumerable.Range(0, 4).Select(i => WholeRun.Body($"a{i:00}"))]);
        await WholeRun.SendAsync(queue, "b", [.. Enumerable.Range(0, 6).Select(i => WholeRun.Body(i == 3 ? "bad" : $"b{i:00}"))]);
        await WholeRun.SendAsync(queue, "199.172.111.135", ["{}", WholeRun.Body("c01")]);

        var receipt = await _run.RunAsync(queue, database, Hold, Few);

        Assert.Equal(RunState.Completed, receipt.Outcome);
        Assert.Equal((7, 0, 2, 2), (receipt.Written, receipt.Quarantined, receipt.HeldGroups, receipt.ExitCode));
        Assert.True(receipt.Balanced);
        Assert.Equal(receipt.Received - 7, receipt.Returned);
        Assert.Equal("a00,a01,a02,a03,b00,b01,b02", await WholeRun.RowsAsync(database));
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
        Assert.Equal("b00,b01,b02,bad,b04,b05", await WholeRun.RowsAsync(database, "user_id LIKE 'b%'"));

        // Told to go on, the next run quarantines what was bad.
        receipt = await _run.RunAsync(queue, database, batches: Few);
        Assert.Equal((1, 1, 0), (receipt.Written, receipt.Quarantined, receipt.HeldGroups));
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Run_that_waits_holds_a_group_until_its_bad_message_has_moved_to_the_dead_letters()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var letters = await TestQueue.FifoAsync(servers);
        var queue = await TestQueue.FifoAsync(servers, letters.AsDeadLetters(maxReceiveCount: 2));
        await WholeRun.SendAsync(queue, "g", [.. Enumerable.Range(0, 12).Select(i => WholeRun.Body(i == 1 ? "bad" : $"g{i:00}"))]);
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
        // What came with the bad one, behind it, was received as often and has moved with it.
        Assert.Equal("g00,g10,g11", await WholeRun.RowsAsync(database));
        Assert.Equal(((9, 0), (0, 0)), (await letters.CountsAsync(), await queue.CountsAsync()));
        Assert.True(receipt.Balanced);
        Assert.Equal((0, 2), (receipt.Quarantined, receipt.ExitCode));
        Assert.InRange(receipt.HeldGroups, 1, 2);
    }

    [Fact]
    public async Task Run_that_waits_goes_on_when_only_held_messages_come()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var queue = await TestQueue.FifoAsync(servers);
        await WholeRun.SendAsync(queue, "z", [WholeRun.Body("z0")]);
        for (var i = 0; i < 12; i++)
        {
            await WholeRun.SendAsync(queue, $"g{i:00}", [WholeRun.Body($"bad{i:00}"), WholeRun.Body($"behind{i:00}")]);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var running = _run.RunAsync(queue, database, Hold, new BatchOptions { FlushInterval = TimeSpan.FromMilliseconds(500) }, new ReceiveOptions { WaitForever = true }, stop: stop);
        await Until.Async(() => running.IsCompleted || _run.HeldGroups >= 24, "all bad messages a second time");
        await WholeRun.SendAsync(queue, "z", [WholeRun.Body("z1")]);
        await Until.Async(async () => await database.CountAsync() >= 2, "what came after them in the table");
        await stop.CancelAsync();
        var receipt = await running;
        Assert.Equal("z0,z1", await WholeRun.RowsAsync(database));
        Assert.Equal((RunState.Stopped, 2, 0, 2), (receipt.Outcome, receipt.Written, receipt.Quarantined, receipt.ExitCode));
        Assert.True(receipt.Balanced);
        Assert.Equal((24, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task What_is_locked_behind_a_message_whose_delete_failed_is_waited_for_beside_held_groups()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var queue = await TestQueue.FifoAsync(servers, new JsonObject { ["VisibilityTimeout"] = "4" });
        await WholeRun.SendAsync(queue, "g", [.. Enumerable.Range(0, 12).Select(i => WholeRun.Body($"g{i:00}"))]);
        await WholeRun.SendAsync(queue, "h", [WholeRun.Body("bad"), WholeRun.Body("h1")]);
        string? receipt = null;
        await using var server = new FaultyServer(servers)
        {
            OnDelete = async call => call.Entries()[0].Handle() is var first && (receipt ??= first) == first ? MadeUp.HungUp : await call.PassOnAsync(),
        };
        var run = await _run.RunAsync(
            queue, database, Hold, Few, new ReceiveOptions { DrainWindow = TimeSpan.FromMilliseconds(200) },
            new SqsTimings { DeleteWithin = TimeSpan.FromMilliseconds(200) }, server);
        Assert.Equal(string.Join(',', Enumerable.Range(0, 12).Select(i => $"g{i:00}")), await WholeRun.RowsAsync(database));
        Assert.Equal((RunState.Completed, 12, 1), (run.Outcome, run.Written, run.HeldGroups));
        Assert.True(run.Undeleted > 0 && run.Undeleted == run.Duplicate);
        Assert.True(run.Balanced);
        Assert.Equal((2, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Later_messages_of_a_held_group_go_back_from_its_batch_and_from_the_next_ones()
    {
        // Two groups in turns, in batches of eight: no server can be told to.
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        await using var sink = await database.SinkAsync(Hold);
        var source = new Core.Run.StubSource(new Core.Run.Journal()) { Handover = 20 };
        for (var i = 1; i <= 10; i++)
        {
            source.Add(null, i == 3 ? WholeRun.Body("bad") : WholeRun.Body($"g{i:00}"), new("g", $"{i}"));
            source.Add(null, i == 9 ? "{}" : WholeRun.Body($"h{i:00}"), new("h", $"{i}"));
        }

        using var keys = new Fixtures.TestKeys();
        using var protectors = keys.Protectors();
        var batches = new List<BatchReport>();
        var receipt = await EtlRun.RunAsync(source, protectors, sink, new BatchOptions { BatchSize = 8 }, batches.Add, Cancelled);

        Assert.Equal("g01,g02,h01,h02,h03,h04,h05,h06,h07,h08", await WholeRun.RowsAsync(database));
        Assert.Equal((20, 10, 10, 0, 2, 2), (receipt.Received, receipt.Written, receipt.Returned, receipt.Quarantined, receipt.HeldGroups, receipt.ExitCode));
        Assert.True(receipt.Balanced);
        Assert.Equal(10, await database.CountAsync("login_etl_ledger"));
        Assert.Equal([2, 2], batches.SelectMany(b => b.Held).Select(h => h.Messages));
        Assert.Equal(20, batches.Sum(b => b.Outcomes.Count));
    }

    [Fact]
    public async Task Message_of_a_held_group_that_came_by_two_receivers_is_deleted_by_neither()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var queue = await TestQueue.FifoAsync(servers, new JsonObject { ["VisibilityTimeout"] = "2" });
        await WholeRun.SendAsync(queue, "g", [WholeRun.Body("bad")]);
        await using var sink = await database.SinkAsync(Hold);
        var runs = await _run.TwoReceiptsAsync(queue, sink, Logins.Record(Logins.Line(Guid.NewGuid()), "good"));
        Assert.Equal([Outcome.Returned, Outcome.Returned, Outcome.Written], Assert.Single(_run.Batches).Outcomes);
        // What one gives back may come to the other again, and goes back again.
        Assert.All(runs, r => Assert.Equal((r.Receipt().Received, true), (r.Receipt().Returned + r.Receipt().Lapsed, r.Receipt().Balanced)));
        Assert.Equal("good", await WholeRun.RowsAsync(database));
        Assert.Equal((1, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Cap_that_held_messages_fill_is_no_drained_queue()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var queue = await TestQueue.FifoAsync(servers);
        await WholeRun.SendAsync(queue, "a", [WholeRun.Body("bad1")]);
        await WholeRun.SendAsync(queue, "b", [WholeRun.Body("bad2")]);
        await WholeRun.SendAsync(queue, "c", [WholeRun.Body("c0")]);
        var receipt = await _run.RunAsync(
            queue, database, Hold, Few, new ReceiveOptions { MaxHeld = 2, StallTimeout = TimeSpan.FromSeconds(1), DrainWindow = TimeSpan.FromMilliseconds(200) });
        Assert.Equal((RunState.Failed, 0, 2), (receipt.Outcome, receipt.Written, receipt.HeldGroups));
        Assert.Contains("-MaxHeld", receipt.Error, StringComparison.Ordinal);
        Assert.Equal((3, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Cap_that_held_messages_fill_stops_no_run_that_waits()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var queue = await TestQueue.FifoAsync(servers);
        await WholeRun.SendAsync(queue, "a", [WholeRun.Body("bad1")]);
        await WholeRun.SendAsync(queue, "b", [WholeRun.Body("bad2")]);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var running = _run.RunAsync(
            queue, database, Hold, Few, new ReceiveOptions { WaitForever = true, MaxHeld = 2, StallTimeout = TimeSpan.FromMilliseconds(500) }, stop: stop);
        // They come again after one second, two and four.
        await Until.Async(() => running.IsCompleted || _run.HeldGroups >= 6, "both bad messages a third time");
        await stop.CancelAsync();
        Assert.Equal(RunState.Stopped, (await running).Outcome);
    }

    [Fact]
    public async Task Polls_that_fail_do_not_pass_for_a_queue_locked_by_held_groups()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var queue = await TestQueue.FifoAsync(servers);
        await WholeRun.SendAsync(queue, "h", [WholeRun.Body("bad")]);
        var failing = new System.Diagnostics.Stopwatch();
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call =>
            {
                if (failing.IsRunning)
                {
                    return failing.Elapsed < TimeSpan.FromSeconds(2) ? MadeUp.Unavailable : await call.PassOnAsync();
                }

                var first = await call.PassOnAsync();
                await WholeRun.SendAsync(queue, "z", [WholeRun.Body("z0")]);
                failing.Start();
                return first;
            },
        };
        var receipt = await _run.RunAsync(
            queue, database, Hold, Few, new ReceiveOptions { Receivers = 1, DrainWindow = TimeSpan.FromMilliseconds(200) }, server: server);
        Assert.Equal("z0", await WholeRun.RowsAsync(database));
        Assert.Equal((RunState.Completed, 1, 1), (receipt.Outcome, receipt.Written, receipt.HeldGroups));
    }

    [Fact]
    public async Task What_comes_with_a_held_message_whose_lease_has_run_out_is_held_with_it()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var queue = await TestQueue.FifoAsync(servers, new JsonObject { ["VisibilityTimeout"] = "2" });
        await WholeRun.SendAsync(queue, "g", [WholeRun.Body("bad")]);
        // Nothing is kept from coming again, and what is sent later comes with it.
        var running = _run.RunAsync(
            queue, database, Hold, Few, new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(2.5) }, new SqsTimings { HoldAtMost = TimeSpan.Zero });
        await Until.Async(() => _run.HeldGroups > 0, "the group held");
        await WholeRun.SendAsync(queue, "g", [WholeRun.Body("g1")]);
        var receipt = await running;
        Assert.True(receipt.Lapsed > 0, "The bad message did not come again.");
        Assert.Equal(2, _run.Batches.Sum(b => b.Logins.Count));
        Assert.Equal((RunState.Completed, 0, 0), (receipt.Outcome, receipt.Written, receipt.Quarantined));
        Assert.True(receipt.Balanced);
        Assert.Equal(0, await database.CountAsync());
    }
}
