using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using LoginEtl.Aws.Queues;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

public sealed class SettlingTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_that_is_let_go_early_leaves_every_message_visible_and_its_books_balanced()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(100);
        var run = new ReceivingRun(await queue.ReceiveAsync());
        Assert.NotEmpty(await run.ReceiveAsync(Cancelled));

        var clock = Stopwatch.StartNew();
        await run.ReleaseAsync();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        Assert.Equal((100, 0), await queue.CountsAsync());
        Assert.True(run.Book.Balanced);
        TestContext.Current.TestOutputHelper?.WriteLine($"received {run.Book.Received} in {clock.ElapsedMilliseconds} ms");
    }

    [Fact]
    public async Task Message_that_comes_again_before_the_answer_to_its_return_is_not_lost_sight_of()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(1);
        await using var server = new FaultyServer(servers)
        {
            OnVisibility = async call =>
            {
                var answer = await call.PassOnAsync();
                await Task.Delay(500, Cancelled);
                return answer;
            },
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true }, server: server);
        await TestQueue.HoldAsync(source, 1);

        await TestQueue.ReturnAllAsync(source);

        var again = await TestQueue.HoldAsync(source, 1);
        Assert.Equal(1, source.Book.Open);
        await TestQueue.SettleAsync(source, again);
        Assert.Equal((0, 0), await queue.CountsAsync());
        var counts = source.Book.Counts();
        Assert.True(source.Book.Balanced);
        Assert.Equal((1, 1), (counts[Outcome.Returned], counts[Outcome.Written]));
    }

    [Fact]
    public async Task What_cannot_be_returned_has_lapsed_and_the_books_balance()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(30);
        await using var server = new FaultyServer(servers)
        {
            OnVisibility = async call => call.Entries() is { Count: 10 } entries && entries[0]["VisibilityTimeout"]!.GetValue<int>() == 0
                ? MadeUp.HungUp : await call.PassOnAsync(),
        };
        await using var source = await queue.ReceiveAsync(timings: new SqsTimings { ReturnWithin = TimeSpan.FromMilliseconds(300) }, server: server);
        await TestQueue.HoldAsync(source, 30);
        source.RunEnd.Stop();
        await source.ReceiveAsync(Cancelled);
        var unsettled = source.Book.TakeUnsettled(evenClaimed: true);

        await source.ReturnAsync([.. unsettled.Take(25)], Cancelled);
        await source.ReturnAsync([.. unsettled.Skip(25)], Cancelled);

        var counts = source.Book.Counts();
        Assert.Equal(10, counts[Outcome.Returned]);
        Assert.Equal(20, counts[Outcome.Lapsed]);
        Assert.True(source.Book.Balanced);
    }

    [Fact]
    public async Task Entries_whose_return_failed_are_tried_again()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(10);
        var calls = 0;
        await using var server = new FaultyServer(servers)
        {
            OnVisibility = async call => Interlocked.Increment(ref calls) == 1
                ? MadeUp.Failed(call.Entries(), "InternalError", senderFault: false) : await call.PassOnAsync(),
        };
        await using var source = await queue.ReceiveAsync(server: server);
        await TestQueue.HoldAsync(source, 10);
        source.RunEnd.Stop();
        await TestQueue.ReturnAllAsync(source);

        Assert.Equal(10, source.Book.Counts()[Outcome.Returned]);
        Assert.Equal((10, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Deletes_that_failed_in_part_are_tried_again_until_all_are_gone()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(100);
        var tries = new ConcurrentDictionary<string, int>();
        await using var server = new FaultyServer(servers)
        {
            OnDelete = async call => tries.AddOrUpdate(call.Entries()[0].Handle(), 1, (_, n) => n + 1) switch
            {
                // Deleted, and the answer says that two were not; a throttled call; an answer that says nothing.
                1 => Partly(await call.PassOnAsync(), call),
                2 => MadeUp.Throttled,
                3 => ProxiedAnswer.Ok([]),
                _ => await call.PassOnAsync(),
            },
        };
        await using var source = await queue.ReceiveAsync(server: server);

        await TestQueue.ReceiveAllAsync(source, settle: true);

        Assert.Equal((0, 0), await queue.CountsAsync());
        Assert.Equal(0, source.Book.Counts()[BesideOutcomes.Undeleted]);
        Assert.Contains(4, tries.Values);
    }

    [Theory]
    [InlineData("<html>Welcome</html>")]
    [InlineData("""{"Successful": 7}""")]
    [InlineData("""{"Successful": [null, {}, {"Id": null}, {"Id": "x"}, {"Id": "-1"}, {"Id": "99"}], "Failed": null}""")]
    [InlineData("""{"Failed": [null, {}, {"Id": "0"}, {"Id": "x", "SenderFault": true}]}""")]
    public async Task Delete_or_return_whose_answer_says_nothing_of_its_entries_is_asked_for_again(string body)
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(2);
        var (deletes, returns) = (0, 0);
        await using var server = new FaultyServer(servers)
        {
            OnDelete = async call => Interlocked.Increment(ref deletes) == 1 ? new ProxiedAnswer(200, body) : await call.PassOnAsync(),
            OnVisibility = async call => Interlocked.Increment(ref returns) == 1 ? new ProxiedAnswer(200, body) : await call.PassOnAsync(),
        };
        await using var source = await queue.ReceiveAsync(server: server);
        var held = await TestQueue.HoldAsync(source, 2);

        await TestQueue.SettleAsync(source, held.Take(1));
        source.RunEnd.Stop();
        await TestQueue.ReturnAllAsync(source);

        Assert.Equal((2, 2), (deletes, returns));
        var counts = source.Book.Counts();
        Assert.Equal((0, 1, 1), (counts[BesideOutcomes.Undeleted], counts[Outcome.Returned], counts[Outcome.Written]));
        Assert.Equal((1, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task What_could_not_be_deleted_is_counted_and_nothing_is_thrown()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(25);
        await using var server = new FaultyServer(servers)
        {
            OnDelete = async call => call.Entries().Count == 10 ? MadeUp.HungUp : await call.PassOnAsync(),
        };
        await using var source = await queue.ReceiveAsync(timings: new SqsTimings { DeleteWithin = TimeSpan.FromMilliseconds(500) }, server: server);
        var held = await TestQueue.HoldAsync(source, 25);

        await TestQueue.SettleAsync(source, held);

        Assert.Equal(20, source.Book.Counts()[BesideOutcomes.Undeleted]);
        Assert.Equal((0, 20), await queue.CountsAsync());
        // They are this run's own in flight, and do not keep it from ending.
        Assert.Empty(await source.ReceiveAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(10), Cancelled));
        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
    }

    [Fact]
    public async Task Delete_that_fails_by_its_senders_fault_is_not_tried_again()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(1);
        var calls = 0;
        await using var server = new FaultyServer(servers)
        {
            OnDelete = call =>
            {
                Interlocked.Increment(ref calls);
                return Task.FromResult(MadeUp.Failed(call.Entries(), "ReceiptHandleIsInvalid", senderFault: true));
            },
        };
        await using var source = await queue.ReceiveAsync(server: server);

        await TestQueue.SettleAsync(source, await TestQueue.HoldAsync(source, 1));

        Assert.Equal(1, source.Book.Counts()[BesideOutcomes.Undeleted]);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Delete_that_is_not_allowed_ends_the_run_instead_of_receiving_the_same_for_ever()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(10);
        await using var server = new FaultyServer(servers) { OnDelete = _ => Task.FromResult(MadeUp.Denied) };
        await using var source = await queue.ReceiveAsync(server: server);

        await TestQueue.SettleAsync(source, await TestQueue.HoldAsync(source, 10));

        Assert.Equal(10, source.Book.Counts()[BesideOutcomes.Undeleted]);
        var e = await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled));
        Assert.Contains("sqs:DeleteMessage ", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_reset_in_the_middle_of_a_run_come_again()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await queue.SendAsync(10);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true });
        await TestQueue.HoldAsync(source, 10);

        await TestQueue.ReturnAllAsync(source);

        var again = await TestQueue.HoldAsync(source, 10);
        Assert.All(again, m => Assert.Equal(2, m.Delivery.ReceiveCount));
        await TestQueue.SettleAsync(source, again);
        Assert.True(source.Book.Balanced);
    }

    private static ProxiedAnswer Partly(ProxiedAnswer answer, ProxiedCall call)
    {
        var said = answer.Json;
        said["Successful"] = new JsonArray([.. said["Successful"]!.AsArray().Skip(2).Select(e => e!.DeepClone())]);
        said["Failed"] = MadeUp.FailedEntries(call.Entries().Take(2), "InternalError", senderFault: false);
        return ProxiedAnswer.Ok(said);
    }
}
