using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Aws;
using LoginEtl.Aws.Queues;
using LoginEtl.Aws.Sending;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

public sealed class FifoTests(ServersFixture servers) : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private readonly QueryFront _front = new(servers.SqsEndpoint);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _front.Dispose();

    [Theory]
    [InlineData(QueueProtocol.Json)]
    [InlineData(QueueProtocol.Auto)]
    public async Task Messages_of_a_group_arrive_in_the_order_in_which_they_were_sent(QueueProtocol protocol)
    {
        var queue = await TestQueue.FifoAsync(servers);
        var settings = Settings(queue, protocol);
        await using (var sender = await new SqsConnector().SendToAsync(settings, Cancelled))
        {
            foreach (var group in (string[])["a", "b", "c"])
            {
                var ids = await sender.SendAsync([.. Enumerable.Range(0, 15).Select(i => $"{group}{i}")], group, Cancelled);
                Assert.Equal(15, ids.Distinct().Count());
            }
        }

        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 8 }, settings: settings);
        var messages = await TestQueue.ReceiveAllAsync(source, settle: true).WaitAsync(Soon, Cancelled);

        Assert.Equal(45, messages.Count);
        foreach (var group in messages.GroupBy(m => m.Delivery.Group!.MessageGroupId))
        {
            Assert.Equal(Enumerable.Range(0, 15).Select(i => $"{group.Key}{i}"), group.Select(m => Encoding.UTF8.GetString(m.Body)));
            Assert.Equal(group.Select(m => m.Delivery.Group!.Sequence()).Order(), group.Select(m => m.Delivery.Group!.Sequence()));
        }

        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Receivers_that_get_one_group_at_once_hand_it_over_in_its_order()
    {
        // As when leases are over while answers are on their way: each answer has all of the group that there is by then.
        const int Groups = 300, Longest = 8;
        var queue = await TestQueue.FifoAsync(servers);
        var calls = -1;
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call =>
            {
                var number = Interlocked.Increment(ref calls);
                var (group, length) = Math.DivRem(number, Longest);
                return group >= Groups ? await call.PassOnAsync() : MadeUp.Received(Enumerable.Range(0, length + 1).Select(i => MadeUp.Message(
                    new Guid(group, (short)i, 0, 0, 0, 0, 0, 0, 0, 0, 0).ToString(), $"{number}", "{}",
                    new() { ["MessageGroupId"] = $"g{group}", ["SequenceNumber"] = $"{i + 1}", ["SentTimestamp"] = "1700000000000", ["ApproximateReceiveCount"] = "1" })));
            },
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 8 }, server: server);
        var received = new List<ReceivedMessage>();
        while (received.Count < Groups * Longest)
        {
            received.AddRange(await source.ReceiveAsync(Cancelled).WaitAsync(Soon, Cancelled));
        }

        Assert.All(received.GroupBy(m => m.Delivery.Group!.MessageGroupId), g => Assert.Equal(g.Select(m => m.Delivery.Group!.Sequence()).Order(), g.Select(m => m.Delivery.Group!.Sequence())));
    }

    [Fact]
    public async Task Answer_is_put_into_the_order_of_its_sequence_numbers()
    {
        string[] numbers = ["18849496460467696128", "9", "340282366920938463463374607431768211455", "10", "18849496460467696127"];
        var queue = await TestQueue.FifoAsync(servers);
        var polls = 0;
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call => Interlocked.Increment(ref polls) > 1 ? await call.PassOnAsync() : MadeUp.Received(
                numbers.Select(n => MadeUp.Message(n, "r" + n, "{}", new() { ["MessageGroupId"] = "g", ["SequenceNumber"] = n }))),
        };
        await using var source = await queue.ReceiveAsync(server: server);

        var messages = await source.ReceiveAsync(Cancelled).WaitAsync(Soon, Cancelled);

        Assert.Equal(
            ["9", "10", "18849496460467696127", "18849496460467696128", "340282366920938463463374607431768211455"],
            messages.Select(m => m.Delivery.Group!.SequenceNumber));
    }

    [Fact]
    public async Task What_went_back_comes_again_before_the_rest_of_its_group()
    {
        var queue = await TestQueue.FifoAsync(servers);
        await using (var sender = await new SqsConnector().SendToAsync(queue.Settings, Cancelled))
        {
            await sender.SendAsync(["0", "1", "2"], "g", Cancelled);
        }

        await using (var source = await queue.ReceiveAsync(new ReceiveOptions { MaxMessages = 1 }))
        {
            Assert.Single(await source.ReceiveAsync(Cancelled));
            source.RunEnd.Stop();
            await TestQueue.ReturnAllAsync(source);
        }

        await using var again = await queue.ReceiveAsync();
        var messages = await TestQueue.ReceiveAllAsync(again, settle: true).WaitAsync(Soon, Cancelled);
        Assert.Equal(["0", "1", "2"], messages.Select(m => Encoding.UTF8.GetString(m.Body)));
        Assert.Equal([2, 1, 1], messages.Select(m => m.Delivery.ReceiveCount));
    }

    [Fact]
    public async Task Equal_bodies_are_messages_of_their_own_and_one_sent_again_is_not()
    {
        var queue = await TestQueue.FifoAsync(servers);
        var calls = 0;
        var requests = new ConcurrentQueue<IReadOnlyList<JsonObject>>();
        await using var server = new FaultyServer(servers)
        {
            OnSend = async call =>
            {
                requests.Enqueue(call.Entries());
                var answer = await call.PassOnAsync();
                // Taken, and its answer lost.
                return Interlocked.Increment(ref calls) == 1 ? MadeUp.HungUp : answer;
            },
        };
        await using var sender = new SqsMessageSender(await queue.FindAsync(server), SqsTimings.Default);

        var ids = await sender.SendAsync([.. Enumerable.Repeat("{}", 12)], "g", Cancelled);

        Assert.Equal(12, ids.Distinct().Count());
        Assert.Equal((12, 0), await queue.CountsAsync());
        Assert.Equal(3, requests.Count);
        Assert.Equal(12, requests.SelectMany(r => r).Select(e => e["MessageDeduplicationId"]!.GetValue<string>()).Distinct().Count());
    }

    [Theory]
    [InlineData(QueueProtocol.Json)]
    [InlineData(QueueProtocol.Query)]
    public async Task Queue_that_deduplicates_by_content_is_left_to_do_so(QueueProtocol protocol)
    {
        var queue = await TestQueue.FifoAsync(servers, new JsonObject { ["ContentBasedDeduplication"] = "true" });
        await using var sender = await new SqsConnector().SendToAsync(Settings(queue, protocol), Cancelled);

        var ids = await sender.SendAsync(["same", "other", "same"], "g", Cancelled);

        Assert.Equal(ids[0], ids[2]);
        Assert.Equal((2, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Without_a_group_nothing_is_sent_to_a_fifo_queue()
    {
        var queue = await TestQueue.FifoAsync(servers);
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, Cancelled);

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => sender.SendAsync(["{}"], Cancelled));

        Assert.Equal("MessageGroupMissing", e.Id);
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("grüße")]
    [InlineData(null)]
    public async Task Group_that_SQS_would_refuse_is_refused_before(string? group)
    {
        var queue = await TestQueue.FifoAsync(servers);
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, Cancelled);

        var e = await Assert.ThrowsAsync<LoginEtlException>(
            () => sender.SendAsync(["{}"], group ?? new string('g', 129), Cancelled));

        Assert.Equal("MessageGroupInvalid", e.Id);
    }

    [Theory]
    [InlineData(QueueProtocol.Json, false)]
    [InlineData(QueueProtocol.Query, false)]
    [InlineData(QueueProtocol.Json, true)]
    [InlineData(QueueProtocol.Query, true)]
    public async Task Dead_letter_queue_is_drained_as_any_queue(QueueProtocol protocol, bool fifo)
    {
        var letters = await CreateAsync(fifo);
        var queue = await CreateAsync(fifo, letters.AsDeadLetters(maxReceiveCount: 1));
        IReadOnlyList<MessageId> sent;
        await using (var sender = await new SqsConnector().SendToAsync(Settings(queue, protocol), Cancelled))
        {
            sent = await sender.SendAsync(["1", "2", "3"], fifo ? "g" : null, Cancelled);
        }

        for (var tries = 0; tries < 20 && await letters.CountsAsync() != (3, 0); tries++)
        {
            await queue.TakeAsync(10, visibilityTimeout: 0);
        }

        await using var source = await letters.ReceiveAsync(settings: Settings(letters, protocol));
        var messages = await TestQueue.ReceiveAllAsync(source, settle: true).WaitAsync(Soon, Cancelled);

        Assert.Equal(3, messages.Count);
        Assert.Equal(sent.ToHashSet(), messages.Select(m => m.Delivery.Id!.Value).ToHashSet());
        Assert.All(messages, m => Assert.NotNull(m.Delivery.SentTimestamp));
        Assert.All(messages, m => Assert.Equal(fifo, m.Delivery.Group is not null));
        Assert.Equal((0, 0), await letters.CountsAsync());
        Assert.Equal((0, 0), await queue.CountsAsync());
        Assert.True(source.Book.Balanced);
    }

    private Task<TestQueue> CreateAsync(bool fifo, JsonObject? attributes = null) =>
        fifo ? TestQueue.FifoAsync(servers, attributes) : TestQueue.CreateAsync(servers, servers.NewQueueName(), attributes ?? []);

    private QueueSettings Settings(TestQueue queue, QueueProtocol protocol) => protocol == QueueProtocol.Json
        ? queue.Settings with { Protocol = protocol }
        : queue.Settings with { Protocol = protocol, EndpointUrl = _front.Url };
}
