using System.Diagnostics;
using System.Text;
using LoginEtl.Aws;
using LoginEtl.Aws.Receiving;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>The whole job on a real server that knows the Query protocol only.</summary>
public sealed class ElasticMqTests(ElasticMqFixture server)
{
    /// <summary>Seconds. This server counts deleted messages as in flight until their timeout: drains wait for it.</summary>
    private const int ShortTimeout = 3;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(QueueProtocol.Auto)]
    [InlineData(QueueProtocol.Query)]
    public async Task What_was_sent_is_received_as_it_was_deleted_and_the_queue_drained(QueueProtocol protocol)
    {
        var queue = await QueryQueue.CreateAsync(server, ShortTimeout);
        var settings = queue.Settings with { Protocol = protocol };
        string[] bodies =
        [
            .. Enumerable.Range(0, 205).Select(i => $$"""{"i": {{i}}, "t": "Ä€😀\"\\\n/<>&'+%]]>"}"""),
            " x ", "not json", "line\r\nends\rof\nall kinds\t",
        ];
        await using var sender = await new SqsConnector().SendToAsync(settings, Cancelled);
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        var ids = await sender.SendAsync(bodies, Cancelled);
        await using var source = await ReceiveAsync(settings);
        var messages = await TestQueue.ReceiveAllAsync(source, settle: true).WaitAsync(Soon, Cancelled);

        var sent = ids.Zip(bodies).ToDictionary(p => p.First, p => p.Second);
        Assert.Equal(bodies.Length, messages.Select(m => m.Delivery.Id).Distinct().Count());
        Assert.Equal(bodies.Length, messages.Count);
        Assert.All(messages, m => Assert.Null(m.Rejection));
        Assert.All(messages, m => Assert.Equal(sent[m.Delivery.Id!.Value], Encoding.UTF8.GetString(m.Body)));
        Assert.All(messages, m => Assert.InRange(m.Delivery.SentTimestamp!.Value, before, DateTimeOffset.UtcNow.AddSeconds(1)));
        Assert.All(messages, m => Assert.Equal(1, m.Delivery.ReceiveCount));
        Assert.Equal((0, 0), await queue.CountsAsync());
        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
        Assert.True(source.Book.Balanced);
    }

    [Fact]
    public async Task What_is_held_longer_than_its_visibility_timeout_is_kept_and_then_deleted()
    {
        var queue = await QueryQueue.CreateAsync(server, ShortTimeout);
        await SendAsync(queue, 12);
        await using var source = await ReceiveAsync(queue.Settings, new ReceiveOptions { MaxMessages = 12 });
        var messages = await TestQueue.ReceiveAllAsync(source, settle: false).WaitAsync(Soon, Cancelled);

        await Task.Delay(TimeSpan.FromSeconds(ShortTimeout + 2), Cancelled);
        Assert.Equal(0, await queue.TakeAsync(10, visibilityTimeout: 30));

        await TestQueue.SettleAsync(source, messages);
        await Task.Delay(TimeSpan.FromSeconds(ShortTimeout + 1), Cancelled);
        Assert.Equal(0, await queue.TakeAsync(10, visibilityTimeout: 30));
        Assert.Equal((0, 0), await queue.CountsAsync());
        Assert.True(source.Book.Balanced);
    }

    [Fact]
    public async Task What_is_returned_is_visible_at_once_and_comes_again()
    {
        var queue = await QueryQueue.CreateAsync(server, ShortTimeout);
        await SendAsync(queue, 25);
        await using (var source = await ReceiveAsync(queue.Settings, new ReceiveOptions { MaxMessages = 25 }))
        {
            await TestQueue.ReceiveAllAsync(source, settle: false).WaitAsync(Soon, Cancelled);
            source.RunEnd.Stop();
            var clock = Stopwatch.StartNew();
            await TestQueue.ReturnAllAsync(source);

            Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
            // The server's clock has milliseconds: what is visible from this one on it counts in the next.
            await Task.Delay(50, Cancelled);
            Assert.Equal((25, 0), await queue.CountsAsync());
            Assert.Equal(25, source.Book.Counts()[Outcome.Returned]);
        }

        await using var again = await ReceiveAsync(queue.Settings);
        var messages = await TestQueue.ReceiveAllAsync(again, settle: true).WaitAsync(Soon, Cancelled);
        Assert.All(messages, m => Assert.Equal(2, m.Delivery.ReceiveCount));
        Assert.Equal(25, messages.Count);
    }

    [Fact]
    public async Task Messages_that_others_hold_are_waited_for()
    {
        var queue = await QueryQueue.CreateAsync(server, ShortTimeout);
        await SendAsync(queue, 20);
        Assert.Equal(10, await queue.TakeAsync(10, visibilityTimeout: 4));
        await using var source = await ReceiveAsync(queue.Settings);

        Assert.Equal(20, (await TestQueue.ReceiveAllAsync(source, settle: true).WaitAsync(Soon, Cancelled)).Count);
        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
    }

    [Fact]
    public async Task Queue_that_is_not_there_is_told_by_name()
    {
        var settings = (await QueryQueue.CreateAsync(server)).Settings with { Queue = "no-such-queue" };

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => new SqsConnector().SendToAsync(settings, Cancelled));

        Assert.Equal("QueueNotFound", e.Id);
    }

    [Fact]
    public async Task Asked_in_JSON_alone_it_is_no_server_for_us()
    {
        var settings = (await QueryQueue.CreateAsync(server)).Settings with { Protocol = QueueProtocol.Json };

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => new SqsConnector().SendToAsync(settings, Cancelled));

        Assert.Equal("QueueProtocolUnsupported", e.Id);
        Assert.Contains("Auto", e.Remedy, StringComparison.Ordinal);
    }

    private static async Task SendAsync(QueryQueue queue, int messages)
    {
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, Cancelled);
        await sender.SendAsync([.. Enumerable.Range(0, messages).Select(i => $"{i}")], Cancelled);
    }

    private static async Task<SqsMessageSource> ReceiveAsync(QueueSettings settings, ReceiveOptions? options = null) =>
        Assert.IsType<SqsMessageSource>(
            await new SqsConnector().ReceiveFromAsync(settings, options ?? new ReceiveOptions(), Cancelled));
}
