using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settlement;
using LoginEtl.Sqs;
using LoginEtl.Sqs.Client;
using LoginEtl.Sqs.Client.Wire;
using LoginEtl.Sqs.Receiving;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Sqs;

public sealed class ReceivingTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_messages_are_received_by_four_receivers_exactly_once_and_the_queue_is_empty_then()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(1000);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 4 });

        var messages = await TestQueue.ReceiveAllAsync(source, settle: true);

        Assert.Equal(1000, messages.Select(m => m.Delivery.Id).Distinct().Count());
        Assert.Equal(1000, messages.Count);
        Assert.All(messages, m => Assert.Null(m.Rejection));
        Assert.Equal(
            Enumerable.Range(0, 1000),
            messages.Select(m => JsonNode.Parse(m.Body)!["number"]!.GetValue<int>()).Order());
        Assert.Contains("héllo \"7\"", messages.Select(m => JsonNode.Parse(m.Body)!["text"]!.GetValue<string>()));
        Assert.Equal((0, 0), await queue.CountsAsync());
        Assert.Equal(EndReason.Drained, source.EndedBecause);
        Assert.True(source.Book.Entries().Balanced);
    }

    [Fact]
    public async Task A_message_carries_when_it_was_sent_and_how_often_it_was_delivered()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        await queue.SendAsync("{}");
        await queue.TakeAsync(1, visibilityTimeout: 0);
        await using var source = await queue.ReceiveAsync();

        var message = Assert.Single(await source.ReceiveAsync(Cancelled));

        Assert.InRange(message.Delivery.SentTimestamp!.Value, before, DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.Equal(2, message.Delivery.ReceiveCount);
        Assert.Null(message.Delivery.Group);
    }

    [Fact]
    public async Task A_fifo_message_carries_its_group_and_position()
    {
        var queue = await TestQueue.CreateAsync(
            servers, servers.NewQueueName() + ".fifo", new JsonObject { ["FifoQueue"] = "true" });
        await queue.SendAsync("{}", group: "a");
        await using var source = await queue.ReceiveAsync();

        var message = Assert.Single(await source.ReceiveAsync(Cancelled));

        Assert.Equal("a", message.Delivery.Group?.MessageGroupId);
        Assert.NotEmpty(message.Delivery.Group!.SequenceNumber);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(25)]
    public async Task A_run_limited_to_some_messages_receives_exactly_those(int limit)
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(60);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 8, MaxMessages = limit });

        var messages = await TestQueue.ReceiveAllAsync(source, settle: true);

        Assert.Equal(limit, messages.Count);
        Assert.Equal((60 - limit, 0), await queue.CountsAsync());
        Assert.Equal(EndReason.LimitReached, source.EndedBecause);
    }

    [Fact]
    public async Task No_more_messages_are_held_than_allowed()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(100);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 8, MaxHeld = 25 });

        var received = 0;
        while (await source.ReceiveAsync(Cancelled) is { Count: > 0 } messages)
        {
            await Task.Delay(150, Cancelled);
            Assert.InRange(source.Book.Open, 1, 25);
            Assert.InRange((await queue.CountsAsync()).InFlight, 0, 25);
            received += messages.Count;
            await TestQueue.SettleAsync(source, messages);
        }

        Assert.Equal(100, received);
    }

    [Fact]
    public async Task A_full_cap_that_nothing_settles_ends_the_run_and_names_the_ways_out()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(20);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { MaxHeld = 5, StallTimeout = TimeSpan.FromMilliseconds(400) });

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => TestQueue.ReceiveAllAsync(source, settle: false));

        Assert.Equal("HeldMessagesCapReached", e.Id);
        Assert.Contains("Confirm-LoginMessage", e.Remedy, StringComparison.Ordinal);
        Assert.Contains("Reset-LoginMessage", e.Remedy, StringComparison.Ordinal);
        Assert.Equal(5, source.Book.Open);
    }

    [Fact]
    public async Task A_full_cap_is_no_stall_while_a_transaction_is_open()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(20);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { MaxHeld = 5, StallTimeout = TimeSpan.FromMilliseconds(200) });
        var first = new List<LoginEtl.Running.ReceivedMessage>();
        while (first.Count < 5)
        {
            first.AddRange(await source.ReceiveAsync(Cancelled));
        }

        Assert.All(first, m => Assert.True(source.Book.BeginCommit(m.Delivery)));
        var more = source.ReceiveAsync(Cancelled);
        await Task.Delay(1200, Cancelled);
        Assert.False(more.IsCompleted);

        await TestQueue.SettleAsync(source, first);
        Assert.NotEmpty(await more);
    }

    [Fact]
    public async Task A_run_ends_when_its_time_is_up()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { WaitForever = true, MaxDuration = TimeSpan.FromMilliseconds(500) });

        Assert.Empty(await source.ReceiveAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(10), Cancelled));
        Assert.Equal(EndReason.TimeUp, source.EndedBecause);
    }

    [Fact]
    public async Task A_run_that_waits_for_ever_gets_what_comes_later_and_stops_when_asked()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true });
        var waiting = source.ReceiveAsync(Cancelled);
        await Task.Delay(2500, Cancelled);
        Assert.False(waiting.IsCompleted);

        await queue.SendAsync("{}");
        Assert.Single(await waiting.WaitAsync(TimeSpan.FromSeconds(5), Cancelled));

        var clock = Stopwatch.StartNew();
        source.StopReceiving();
        source.StopReceiving();
        Assert.Empty(await source.ReceiveAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(10), Cancelled));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2.5));
        Assert.Equal(EndReason.Stopped, source.EndedBecause);
    }

    [Fact]
    public async Task A_far_queue_is_polled_long_while_nothing_is_held_and_short_while_something_is()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var waits = new System.Collections.Concurrent.ConcurrentQueue<int>();
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { WaitForever = true, Receivers = 1 }, asIfRemote: true, around: c => new FaultyClient(c)
            {
                OnReceive = (request, call) =>
                {
                    waits.Enqueue(request.WaitTimeSeconds);
                    return call();
                },
            });
        await Task.Delay(300, Cancelled);
        await queue.SendAsync("{}");
        var held = await source.ReceiveAsync(Cancelled);
        await Task.Delay(1500, Cancelled);
        await TestQueue.SettleAsync(source, held);
        await Task.Delay(1500, Cancelled);

        Assert.Equal(20, waits.First());
        Assert.Contains(1, waits);
        Assert.Equal(20, waits.Last());

        // A long poll in flight does not keep a stopped run.
        var clock = Stopwatch.StartNew();
        source.StopReceiving();
        Assert.Empty(await source.ReceiveAsync(Cancelled));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public async Task What_has_arrived_is_still_handed_over_after_a_stop()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(10);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 1, MaxHeld = 10 });
        while (source.Book.Open < 10)
        {
            await Task.Delay(20, Cancelled);
        }

        source.StopReceiving();

        Assert.Equal(10, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);
    }

    [Fact]
    public async Task A_failure_downstream_ends_a_waiting_receive_at_once()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true });
        var waiting = source.ReceiveAsync(Cancelled);
        var cause = new LoginEtlException("Downstream", FaultKind.Failed, "It failed.", "Mend it.");

        source.Fail(cause);

        Assert.Same(cause, await Assert.ThrowsAsync<LoginEtlException>(
            () => waiting.WaitAsync(TimeSpan.FromSeconds(1), Cancelled)));
        Assert.Same(cause, await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled)));
    }

    [Fact]
    public async Task Another_exceptions_text_is_not_shown()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var source = await queue.ReceiveAsync();

        source.Fail(new InvalidOperationException("199.172.111.135"));

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled));
        Assert.DoesNotContain("199.172.111.135", e.Message + e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_was_damaged_on_the_way_is_rejected_and_the_others_are_not()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(3);
        await using var source = await queue.ReceiveAsync(around: c => new FaultyClient(c)
        {
            OnReceive = async (_, call) => new ReceiveMessageResponse([.. ((await call()).Messages ?? []).Select(
                (m, i) => i == 0 ? m! with { Body = new WireBody("damaged"u8.ToArray()) } : m)]),
        });

        var messages = await source.ReceiveAsync(Cancelled);

        Assert.Equal(RejectReason.ChecksumMismatch, messages[0].Rejection?.Reason);
        Assert.All(messages.Skip(1), m => Assert.Null(m.Rejection));
    }

    [Fact]
    public async Task A_message_without_SentTimestamp_ends_the_run_and_goes_back()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(1);
        await using (var source = await queue.ReceiveAsync(around: c => new FaultyClient(c)
        {
            OnReceive = async (_, call) => new ReceiveMessageResponse(
                [.. ((await call()).Messages ?? []).Select(m => m! with { Attributes = null })]),
        }))
        {
            var e = await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled));
            Assert.Equal("MissingSentTimestamp", e.Id);
            await TestQueue.ReturnAllAsync(source);
            Assert.True(source.Book.Entries().Balanced);
        }

        Assert.Equal((1, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Throttled_and_garbled_polls_are_tried_again()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(30);
        var polls = 0;
        await using var source = await queue.ReceiveAsync(around: c => new FaultyClient(c)
        {
            OnReceive = (_, call) => (Interlocked.Increment(ref polls) % 3) switch
            {
                0 => throw new SqsException("ReceiveMessage", SqsFault.Throttled, "RequestThrottled"),
                1 => throw new SqsException("ReceiveMessage", SqsFault.Garbled, "UnreadableAnswer"),
                _ => call(),
            },
        });

        Assert.Equal(30, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);
    }

    [Fact]
    public async Task An_outage_of_the_queue_loses_nothing()
    {
        await using var server = await SqsServer.StartAsync(report: null, Cancelled);
        var queue = await TestQueue.CreateAsync(server, "outage", new JsonObject { ["VisibilityTimeout"] = "5" });
        await queue.SendAsync(500);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { DrainTimeout = TimeSpan.FromSeconds(30) });
        var ids = new HashSet<MessageId?>();
        while (await source.ReceiveAsync(Cancelled) is { Count: > 0 } messages)
        {
            if (ids.Count == 0)
            {
                await server.StopAsync(Cancelled);
                _ = Task.Delay(2000, Cancelled).ContinueWith(_ => server.StartAsync(Cancelled), TaskScheduler.Default);
            }

            ids.UnionWith(messages.Select(m => m.Delivery.Id));
            await TestQueue.SettleAsync(source, messages);
        }

        Assert.Equal(500, ids.Count);
        Assert.Equal((0, 0), await queue.CountsAsync());
        Assert.True(source.Book.Entries().Balanced);
    }

    [Fact]
    public async Task Polls_that_keep_failing_end_the_run()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(20) },
            new SqsTimings { GiveUpPollingAfter = TimeSpan.FromSeconds(1) },
            c => new FaultyClient(c)
            {
                OnReceive = (_, _) => throw new SqsException("ReceiveMessage", SqsFault.Unavailable, "ConnectionRefused"),
            });

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled));

        Assert.Equal("QueueUnreachable", e.Id);
    }

    [Fact]
    public async Task A_refused_poll_ends_the_run_at_once_and_names_the_right_that_is_missing()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var source = await queue.ReceiveAsync(around: c => new FaultyClient(c)
        {
            OnReceive = (_, _) => throw new SqsException("ReceiveMessage", SqsFault.Denied, "AccessDeniedException"),
        });

        var e = await Assert.ThrowsAsync<LoginEtlException>(
            () => source.ReceiveAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(1), Cancelled));

        Assert.Equal("QueueAccessDenied", e.Id);
        Assert.Contains("sqs:ReceiveMessage", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_is_bounded_and_can_be_repeated_and_gives_back_what_nobody_took()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(50);
        var source = await queue.ReceiveAsync();
        while (source.Book.Open < 50)
        {
            await Task.Delay(20, Cancelled);
        }

        var clock = Stopwatch.StartNew();
        await source.DisposeAsync();
        await source.DisposeAsync();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        Assert.True(source.Book.Entries().Balanced);
        Assert.Equal((50, 0), await queue.CountsAsync());
        Assert.Equal(50, source.Book.Entries().Ended[Outcome.Returned]);
    }

    [Fact]
    public async Task No_text_of_a_delivery_or_message_shows_body_checksum_or_handle()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync("199.172.111.135");
        WireMessage? wire = null;
        await using var source = await queue.ReceiveAsync(around: c => new FaultyClient(c)
        {
            OnReceive = async (_, call) =>
            {
                var answer = await call();
                wire ??= answer.Messages is [var first, ..] ? first : null;
                return answer;
            },
        });

        var message = Assert.Single(await source.ReceiveAsync(Cancelled));

        var shown = $"{message} {message.Delivery} {wire} {wire!.Body}";
        Assert.DoesNotContain("199.172.111.135", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(wire.MD5OfBody!, shown, StringComparison.Ordinal);
        Assert.DoesNotContain(wire.ReceiptHandle!, shown, StringComparison.Ordinal);
        Assert.Equal("199.172.111.135", Encoding.UTF8.GetString(message.Body));
    }
}
