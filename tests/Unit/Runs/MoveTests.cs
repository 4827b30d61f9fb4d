using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Aws;
using LoginEtl.Aws.Queues;
using LoginEtl.Keysets;
using LoginEtl.Moving;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>Messages of a dead-letter queue go back to their queue, and what was written is never written again.</summary>
public sealed class MoveTests(ServersFixture servers) : IDisposable
{
    private static readonly SqsTimings Hasty = new() { DeleteWithin = TimeSpan.FromMilliseconds(200) };
    private readonly WholeRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Written_message_that_became_a_dead_letter_is_deleted_and_one_that_was_not_written_is_written_once()
    {
        var (dead, database) = await StartAsync();
        var main = await TestQueue.CreateAsync(servers, servers.NewQueueName(), dead.AsDeadLetters(maxReceiveCount: 1));
        await main.SendAsync(WholeRun.Body("written"));
        await main.SendAsync("no JSON");
        await using (var lossy = WholeRun.NoDeletes(servers))
        {
            var first = await _run.RunAsync(main, database, server: lossy, timings: Hasty);
            Assert.Equal((1, 1, 2), (first.Written, first.Quarantined, first.Undeleted));
        }

        await main.SendAsync(WholeRun.Body("lost"));
        await main.TakeAsync(10, visibilityTimeout: 0);
        await main.MakeVisibleAsync(_run.Batches.SelectMany(b => b.Logins));
        await Until.Async(async () => await main.TakeAsync(10, 0) == 0 && await dead.CountsAsync() == (3, 0), "three dead letters");

        var moved = await MoveAsync(dead, main, database);

        Assert.Equal((3, 1, 1, 1, 0, 0), (moved.Received, moved.Moved, moved.AlreadyWritten, moved.AlreadyQuarantined, moved.Left, moved.Undeleted));
        Assert.Equal(((0, 0), (1, 0)), (await dead.CountsAsync(), await main.CountsAsync()));
        var second = await _run.RunAsync(main, database);
        Assert.Equal((1, 1, 0), (second.Received, second.Written, second.Duplicate));
        Assert.Equal("lost,written", await UsersAsync(database));
    }

    [Fact]
    public async Task Moved_message_is_what_it_was_first_also_when_it_is_moved_again_and_when_what_it_was_moved_from_comes_as_well()
    {
        var (dead, database) = await StartAsync(LoginTable.Create.Replace("create_date date", "create_date timestamptz", StringComparison.Ordinal));
        var (main, other) = (await TestQueue.CreateAsync(servers), await TestQueue.CreateAsync(servers));
        await dead.SendAsync(WholeRun.Body("u"), attributes: new JsonObject { ["trace"] = Attribute("String", "t1"), ["bytes"] = Attribute("Binary", Convert.ToBase64String([0, 255])) });
        var sent = DateTime.UtcNow;
        await Task.Delay(50, TestDatabase.Token);
        // Sent, and not deleted: as a move that was killed between the two.
        await using (var lossy = WholeRun.NoDeletes(servers))
        {
            var moved = await MoveAsync(dead, main, database, server: lossy);
            Assert.Equal((1, moved.Received - 1, moved.Received), (moved.Moved, moved.AlreadyMoved, moved.Undeleted));
        }

        // What it sent is moved on, and on.
        Assert.Equal(1, (await MoveAsync(main, other, database)).Moved);
        Assert.Equal(1, (await MoveAsync(other, main, database)).Moved);
        await using (var source = await main.ReceiveAsync(new ReceiveOptions { KeepsAttributes = true }))
        {
            var delivery = Assert.Single(await TestQueue.HoldAsync(source, 1)).Delivery;
            var attributes = delivery.Attributes.Read().Select(a => a.Read()).OrderBy(a => a.Name).ToList();
            Assert.Equal([("bytes", "Binary", null), ("trace", "String", "t1")], attributes.Select(a => (a.Name, a.DataType, a.Text)));
            Assert.Equal([0, 255], attributes[0].Bytes!);
            await TestQueue.ReturnAllAsync(source);
        }

        var first = await _run.RunAsync(main, database);
        Assert.Equal((1, 1), (first.Received, first.Written));
        Assert.InRange(await database.ReadAsync<DateTime>("SELECT create_date FROM user_logins"), sent.AddSeconds(-5), sent);

        // The one that was never deleted: its queue gives it again.
        await VisibleAsync(dead);
        Assert.Equal((1, 0, 1), Counts(await MoveAsync(dead, main, database)));
        await dead.SendAsync(WholeRun.Body("v"));
        Assert.Equal(1, (await _run.RunAsync(dead, database)).Written);
        Assert.Equal("u,v", await UsersAsync(database));
        static (long, long, long) Counts(MoveReceipt r) => (r.Received, r.Moved, r.AlreadyWritten);
    }

    [Fact]
    public async Task Two_moves_of_which_the_first_deleted_nothing_make_one_row_each()
    {
        const int Messages = 40;
        var (dead, database) = await StartAsync();
        var main = await TestQueue.CreateAsync(servers);
        await WholeRun.SendAsync(dead, Messages);
        await using (var lossy = WholeRun.NoDeletes(servers))
        {
            var first = await MoveAsync(dead, main, database, server: lossy);
            Assert.Equal((Messages, first.Received), (first.Moved, first.Undeleted));
        }

        await VisibleAsync(dead);
        Assert.Equal(Messages, (await MoveAsync(dead, main, database)).Moved);
        Assert.Equal((2 * Messages, 0), await main.CountsAsync());
        var receipt = await _run.RunAsync(main, database, batches: new BatchOptions { BatchSize = 7 });
        Assert.Equal((2 * Messages, Messages, Messages, true), (receipt.Received, receipt.Written, receipt.Duplicate, receipt.Balanced));
        Assert.Equal(Messages, await database.CountAsync());
    }

    [Fact]
    public async Task Forged_origin_neither_hides_a_login_nor_makes_one_twice()
    {
        var (dead, database) = await StartAsync();
        var main = await TestQueue.CreateAsync(servers);
        await dead.SendAsync(WholeRun.Body("moved"));
        Assert.Equal(1, (await MoveAsync(dead, main, database)).Moved);
        string claim;
        await using (var source = await main.ReceiveAsync())
        {
            claim = Assert.Single(await TestQueue.HoldAsync(source, 1)).Delivery.OriginClaim!.Text;
            await TestQueue.ReturnAllAsync(source);
        }

        using var others = new TestKeys();
        using var seal = new OriginSeal(others.Ring.Get(KeysetName.LineId));
        // The claim of another message, on another body; one under another key; and none that could be one.
        string[] forged = [claim, seal.Write(new MessageOrigin(new MessageId("x"), DateTimeOffset.UtcNow), isFifo: false, Encoding.UTF8.GetBytes(WholeRun.Body("f1"))), "1;2;3"];
        for (var i = 0; i < forged.Length; i++)
        {
            await main.SendAsync(WholeRun.Body($"f{i}"), attributes: new JsonObject { [MessageOrigin.Attribute] = Attribute("String", forged[i]) });
            await dead.SendAsync(WholeRun.Body($"f{i}"), attributes: new JsonObject { [MessageOrigin.Attribute] = Attribute("String", forged[i]) });
        }

        // The very message again is the very message.
        await main.SendAsync(WholeRun.Body("moved"), attributes: new JsonObject { [MessageOrigin.Attribute] = Attribute("String", claim) });
        var receipt = await _run.RunAsync(main, database);

        Assert.Equal((5, 1, 1, 3), (receipt.Received, receipt.Written, receipt.Duplicate, receipt.Quarantined));
        Assert.Equal(3, await database.CountAsync("login_etl_quarantine WHERE reason = 'origin_unverified' AND sealed_body IS NOT NULL"));
        Assert.Equal("moved", await UsersAsync(database));
        var move = await MoveAsync(dead, main, database);
        Assert.Equal((3, 0, 3, 3), (move.Received, move.Moved, move.Left, move.Unverified));
        Assert.Equal((3, 0), await dead.CountsAsync());
    }

    [Fact]
    public async Task Message_that_was_moved_when_it_was_too_old_is_quarantined_and_stops_no_run()
    {
        var (main, database) = await StartAsync();
        using var seal = new OriginSeal(_run.Keys.Ring.Get(KeysetName.LineId));
        var old = seal.Write(new MessageOrigin(new MessageId(Guid.NewGuid().ToString()), DateTimeOffset.UtcNow.AddDays(-15.1)), isFifo: false, Encoding.UTF8.GetBytes(WholeRun.Body("old")));
        var young = seal.Write(new MessageOrigin(new MessageId(Guid.NewGuid().ToString()), DateTimeOffset.UtcNow.AddDays(-14.9)), isFifo: false, Encoding.UTF8.GetBytes(WholeRun.Body("young")));
        var aged = new JsonObject { [MessageOrigin.Attribute] = Attribute("String", old) };
        await main.SendAsync(WholeRun.Body("old"), attributes: aged);
        await main.SendAsync(WholeRun.Body("young"), attributes: new JsonObject { [MessageOrigin.Attribute] = Attribute("String", young) });
        await main.SendAsync(WholeRun.Body("new"));

        var receipt = await _run.RunAsync(main, database);

        Assert.Equal((3, 2, 1, RunState.Completed), (receipt.Received, receipt.Written, receipt.Quarantined, receipt.Outcome));
        Assert.Equal("new,young", await UsersAsync(database));
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine WHERE reason = 'too_old' AND record IS NOT NULL"));
        // And it is not moved once more.
        var dead = await TestQueue.CreateAsync(servers);
        await dead.SendAsync(WholeRun.Body("old2"), attributes: new JsonObject
        {
            [MessageOrigin.Attribute] = Attribute("String", seal.Write(
                new MessageOrigin(new MessageId("i"), DateTimeOffset.UtcNow.AddDays(-16)), isFifo: false, Encoding.UTF8.GetBytes(WholeRun.Body("old2")))),
        });
        var move = await MoveAsync(dead, main, database);
        Assert.Equal((0, 1, 1), (move.Moved, move.Left, move.TooOld));
    }

    [Fact]
    public async Task Message_that_the_queue_does_not_take_is_left_and_the_others_are_moved()
    {
        var (dead, database) = await StartAsync();
        var main = await TestQueue.CreateAsync(servers);
        await WholeRun.SendAsync(dead, 25);
        await using var picky = new FaultyServer(servers)
        {
            OnSend = async call =>
            {
                var bad = call.Entries().Where(e => e["MessageBody"]!.GetValue<string>().Contains("u7\"", StringComparison.Ordinal)).ToList();
                if (bad.Count == 0)
                {
                    return await call.PassOnAsync();
                }

                // A whole request is refused first, and then the one alone.
                return call.Entries().Count > 1 ? ProxiedAnswer.Refused(400, "InvalidMessageContents") : MadeUp.Failed(bad, "InvalidMessageContents", senderFault: true);
            },
        };
        var move = await MoveAsync(dead, main, database, sendServer: picky);
        Assert.Equal((25, 24, 1, 1, RunState.Completed), (move.Received, move.Moved, move.Left, move.Unsendable, move.Outcome));
        Assert.Equal(((1, 0), (24, 0)), (await dead.CountsAsync(), await main.CountsAsync()));
    }

    [Fact]
    public async Task Queue_that_is_away_ends_the_move_and_nothing_is_lost()
    {
        var (dead, database) = await StartAsync();
        var main = await TestQueue.CreateAsync(servers);
        await WholeRun.SendAsync(dead, 5);
        await using var denied = new FaultyServer(servers) { OnSend = _ => Task.FromResult(MadeUp.Denied) };
        var move = await MoveAsync(dead, main, database, sendServer: denied);
        Assert.Equal((RunState.Failed, 5, 0, 5), (move.Outcome, move.Received, move.Moved, move.Left));
        Assert.Equal("QueueAccessDenied", move.GetFault()!.Id);
        Assert.Equal((5, 0), await dead.CountsAsync());
    }

    [Fact]
    public async Task Group_of_a_fifo_queue_keeps_its_order_and_equal_bodies_stay_two()
    {
        var (_, database) = await StartAsync(WholeRun.FifoTable);
        var byContent = new JsonObject { ["ContentBasedDeduplication"] = "true" };
        var (dead, main) = (await TestQueue.FifoAsync(servers), await TestQueue.FifoAsync(servers, byContent));
        string[] users = ["a1", "a2", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a91", "a92"];
        foreach (var user in users)
        {
            await dead.SendAsync(WholeRun.Body(user), "g");
        }

        Assert.Equal(users.Length, (await MoveAsync(dead, main, database)).Moved);
        var receipt = await _run.RunAsync(main, database);
        Assert.Equal((users.Length, users.Length), (receipt.Received, receipt.Written));
        Assert.Equal(string.Join(',', users), await WholeRun.RowsAsync(database));
    }

    [Fact]
    public async Task What_is_not_chosen_is_left_and_a_dry_run_leaves_all()
    {
        var (dead, database) = await StartAsync();
        var main = await TestQueue.CreateAsync(servers);
        await WholeRun.SendAsync(dead, 30);
        var told = new List<MovedBatch>();
        var dry = await MoveAsync(dead, main, database, new MoveOptions { DryRun = true, Moved = told.Add });
        Assert.Equal((30, 0, 30, 30), (dry.Received, dry.Moved, dry.Left, told.Sum(t => t.Moved)));
        Assert.Equal(((30, 0), (0, 0)), (await dead.CountsAsync(), await main.CountsAsync()));

        var some = await MoveAsync(dead, main, database, new MoveOptions { Where = l => l is LoginMessage { UserId: ['u', '1', ..] } });
        Assert.Equal((30, 11, 19), (some.Received, some.Moved, some.Left));
        Assert.Equal(((19, 0), (11, 0)), (await dead.CountsAsync(), await main.CountsAsync()));
    }

    [Fact]
    public async Task Moves_no_faster_than_it_is_told_to_and_stops_well()
    {
        var (dead, database) = await StartAsync();
        var main = await TestQueue.CreateAsync(servers);
        await WholeRun.SendAsync(dead, 60);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var move = await MoveAsync(dead, main, database, new MoveOptions { MaxMessagesPerSecond = 10 }, stop: stop.Token);
        Assert.Equal(RunState.Stopped, move.Outcome);
        Assert.InRange(move.Moved, 10, 45);
        Assert.Equal(60, move.Moved + (await dead.CountsAsync()).Visible);
        Assert.Equal((move.Moved, 0), await main.CountsAsync());
    }

    private async Task<(TestQueue Dead, TestDatabase Database)> StartAsync(string? table = null) =>
        (await TestQueue.CreateAsync(servers, visibilityTimeout: 2), await TestDatabase.InitializedAsync(servers, table));

    // What was received and not deleted comes again; the counts of this server say so only once somebody receives.
    private static async Task VisibleAsync(TestQueue queue)
    {
        await Task.Delay(TimeSpan.FromSeconds(2.1), TestDatabase.Token);
        await queue.TakeAsync(10, visibilityTimeout: 0);
    }

    private async Task<MoveReceipt> MoveAsync(
        TestQueue from, TestQueue to, TestDatabase database, MoveOptions? options = null, FaultyServer? server = null, FaultyServer? sendServer = null, CancellationToken? stop = null)
    {
        await using var ledger = await new PostgresConnector().OpenLedgerAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
        await using var sender = await new SqsConnector().SendToAsync(
            sendServer is null ? to.Settings : to.Settings with { EndpointUrl = sendServer.EndpointUrl }, TestDatabase.Token);
        var source = await from.ReceiveAsync(new ReceiveOptions { KeepsAttributes = true }, Hasty, server);
        return await new MessageMove(sender, ledger, _run.Keys.Ring, options ?? new MoveOptions()).RunAsync(source, stop ?? TestDatabase.Token);
    }

    private static Task<string> UsersAsync(TestDatabase database) => database.ReadAsync<string>("SELECT string_agg(user_id, ',' ORDER BY user_id) FROM user_logins");

    private static JsonObject Attribute(string type, string value) => new() { ["DataType"] = type, [type == "Binary" ? "BinaryValue" : "StringValue"] = value };
}
