using System.Diagnostics;
using System.Text.Json.Nodes;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Queues;
using LoginEtl.Aws.Receiving;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

public sealed class DrainTests(ServersFixture servers)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Empty_queue_is_drained_after_its_window_and_not_before()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var clock = Stopwatch.StartNew();
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(2) });

        Assert.Empty(await source.ReceiveAsync(Cancelled).WaitAsync(Soon, Cancelled));

        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6));
    }

    [Theory]
    [InlineData("http://127.0.0.1:4566/", null, 1)]
    [InlineData("http://localhost:4566/", null, 1)]
    [InlineData("https://sqs.eu-central-1.amazonaws.com/", null, 60)]
    [InlineData("http://queue.internal:4566/", null, 60)]
    [InlineData("http://127.0.0.1:4566/", 7, 7)]
    [InlineData("https://sqs.eu-central-1.amazonaws.com/", 7, 7)]
    public void Queue_has_to_look_empty_for_a_minute_off_loopback_unless_told_otherwise(string endpoint, int? set, int seconds) => Assert.Equal(
        TimeSpan.FromSeconds(seconds),
        DrainWatch.WindowOf(
            new ReceiveOptions { DrainWindow = set is { } told ? TimeSpan.FromSeconds(told) : null }, new QueueEndpoint(new Uri(endpoint), "eu-central-1")));

    [Fact]
    public async Task Far_queue_is_drained_without_waiting_out_a_long_poll()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(15);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(1) }, asIfRemote: true);

        Assert.Equal(15, (await TestQueue.ReceiveAllAsync(source, settle: true).WaitAsync(TimeSpan.FromSeconds(8), Cancelled)).Count);
        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
    }

    [Fact]
    public async Task What_this_run_holds_itself_does_not_keep_it_from_ending()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(30);
        await using var source = await queue.ReceiveAsync();

        Assert.Equal(30, (await TestQueue.ReceiveAllAsync(source, settle: false).WaitAsync(Soon, Cancelled)).Count);

        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
        await TestQueue.ReturnAllAsync(source);
        Assert.Equal((30, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Delete_whose_answer_is_slow_does_not_pass_for_a_message_that_others_hold()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(2);
        Assert.Equal(1, await queue.TakeAsync(1, visibilityTimeout: 60));
        await using var server = new FaultyServer(servers)
        {
            OnDelete = async call =>
            {
                var answer = await call.PassOnAsync();
                await Task.Delay(2500, Cancelled);
                return answer;
            },
        };
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { DrainWindow = TimeSpan.FromMilliseconds(200), DrainTimeout = TimeSpan.FromSeconds(3) }, server: server);

        var deleting = TestQueue.SettleAsync(source, await source.ReceiveAsync(Cancelled));
        Assert.Empty(await source.ReceiveAsync(Cancelled).WaitAsync(Soon, Cancelled));
        await deleting;

        Assert.Equal(EndReason.DrainTimeout, source.RunEnd.Reason);
    }

    [Fact]
    public async Task Failed_delete_passes_for_a_message_that_others_hold_no_longer_than_its_lease()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await queue.SendAsync(2);
        Assert.Equal(1, await queue.TakeAsync(1, visibilityTimeout: 60));
        await using var server = new FaultyServer(servers)
        {
            // It is done, and said to be refused.
            OnDelete = async call =>
            {
                await call.PassOnAsync();
                return MadeUp.Failed(call.Entries(), "ReceiptHandleIsInvalid", senderFault: true);
            },
        };
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(3), DrainTimeout = TimeSpan.FromSeconds(3) }, server: server);

        Assert.Single(await TestQueue.ReceiveAllAsync(source, settle: true).WaitAsync(Soon, Cancelled));

        Assert.Equal(EndReason.DrainTimeout, source.RunEnd.Reason);
    }

    [Fact]
    public async Task Cap_that_the_last_message_filled_is_drained_and_not_stalled()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(5);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions
        {
            MaxHeld = 5,
            StallTimeout = TimeSpan.FromSeconds(1.5),
            DrainWindow = TimeSpan.FromSeconds(4),
        });

        Assert.Equal(5, (await TestQueue.ReceiveAllAsync(source, settle: false).WaitAsync(Soon, Cancelled)).Count);
        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
    }

    [Fact]
    public async Task Messages_that_another_consumer_holds_are_waited_for_and_received_when_they_come_back()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(20);
        Assert.Equal(10, await queue.TakeAsync(10, visibilityTimeout: 5));
        await using var source = await queue.ReceiveAsync();

        var messages = await TestQueue.ReceiveAllAsync(source, settle: true).WaitAsync(Soon, Cancelled);

        Assert.Equal(20, messages.Count);
        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
    }

    [Fact]
    public async Task Others_are_not_waited_for_longer_than_the_timeout()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(2);
        Assert.Equal(1, await queue.TakeAsync(1, visibilityTimeout: 600));
        var clock = Stopwatch.StartNew();
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { DrainTimeout = TimeSpan.FromSeconds(3) });

        Assert.Single(await TestQueue.ReceiveAllAsync(source, settle: true).WaitAsync(Soon, Cancelled));

        Assert.Equal(EndReason.DrainTimeout, source.RunEnd.Reason);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task Delayed_messages_are_waited_for()
    {
        var queue = await TestQueue.CreateAsync(
            servers, servers.NewQueueName(), new JsonObject { ["DelaySeconds"] = "4" });
        await queue.SendAsync(3);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { DrainTimeout = TimeSpan.FromSeconds(1) });

        Assert.Equal(3, (await TestQueue.ReceiveAllAsync(source, settle: true).WaitAsync(Soon, Cancelled)).Count);
    }

    [Fact]
    public async Task Single_sample_that_says_empty_ends_nothing()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var samples = 0;
        await using var server = new FaultyServer(servers)
        {
            // Approximate counts: every third sample sees one message.
            OnAttributes = async call =>
            {
                var said = (await call.PassOnAsync()).Json;
                if (Interlocked.Increment(ref samples) is > 1 and < 13 && samples % 3 == 0)
                {
                    said["Attributes"]!["ApproximateNumberOfMessages"] = "1";
                }

                return ProxiedAnswer.Ok(said);
            },
        };
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { DrainWindow = TimeSpan.FromMilliseconds(400) }, server: server);

        Assert.Empty(await source.ReceiveAsync(Cancelled).WaitAsync(Soon, Cancelled));
        Assert.True(samples >= 15);
    }

    [Fact]
    public async Task Messages_sent_while_it_looked_empty_are_received()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var (empty, sent) = (0, 0);
        await using var server = new FaultyServer(servers)
        {
            OnAttributes = async call =>
            {
                var answer = await call.PassOnAsync();
                // The window takes five samples.
                empty = answer.Json["Attributes"]?["ApproximateNumberOfMessages"]?.GetValue<string>() == "0" ? empty + 1 : 0;
                if (empty == 3 && sent < 4)
                {
                    (empty, sent) = (0, sent + 1);
                    await queue.SendAsync(1);
                }

                return answer;
            },
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(1) }, server: server);

        Assert.Equal(4, (await TestQueue.ReceiveAllAsync(source, settle: true).WaitAsync(TimeSpan.FromSeconds(30), Cancelled)).Count);
        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
    }

    [Fact]
    public async Task Fifo_queue_blocked_by_what_this_run_holds_ends_after_the_timeout()
    {
        var queue = await TestQueue.FifoAsync(servers);
        for (var i = 0; i < 12; i++)
        {
            await queue.SendAsync("{}", group: "a");
        }

        await using var source = await queue.ReceiveAsync(new ReceiveOptions { DrainTimeout = TimeSpan.FromSeconds(2) });

        Assert.Equal(10, (await TestQueue.ReceiveAllAsync(source, settle: false).WaitAsync(Soon, Cancelled)).Count);
        Assert.Equal(EndReason.DrainTimeout, source.RunEnd.Reason);
    }

    [Fact]
    public async Task Fifo_queue_blocked_by_what_another_consumer_holds_ends_after_the_timeout()
    {
        var queue = await TestQueue.FifoAsync(servers);
        await queue.SendAsync("{}", group: "a");
        await queue.SendAsync("{}", group: "a");
        Assert.Equal(1, await queue.TakeAsync(1, visibilityTimeout: 600));
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { DrainTimeout = TimeSpan.FromSeconds(1) });

        Assert.Empty(await TestQueue.ReceiveAllAsync(source, settle: false).WaitAsync(Soon, Cancelled));
        Assert.Equal(EndReason.DrainTimeout, source.RunEnd.Reason);
    }

    [Fact]
    public async Task What_is_held_and_comes_again_and_again_does_not_keep_the_run_from_ending()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await queue.SendAsync(1);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(2.5) }, new SqsTimings { HoldAtMost = TimeSpan.Zero });

        Assert.Single(await TestQueue.ReceiveAllAsync(source, settle: false).WaitAsync(Soon, Cancelled));
        Assert.True(source.Book.Received > 1, "It did not come again.");
        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
    }
}
