using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Aws.Protocols;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>What a message carries, and that each comes once.</summary>
public sealed class ReceivingTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Thousand_messages_are_received_by_four_receivers_exactly_once_and_the_queue_is_empty_then()
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
        Assert.Equal(EndReason.Drained, source.RunEnd.Reason);
        Assert.True(source.Book.Balanced);
    }

    [Fact]
    public async Task Message_carries_when_it_was_sent_and_how_often_it_was_delivered()
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
    public async Task Fifo_message_carries_its_group_and_position()
    {
        var queue = await TestQueue.FifoAsync(servers);
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
    public async Task Run_limited_to_some_messages_receives_exactly_those(int limit)
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(60);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 8, MaxMessages = limit });

        var messages = await TestQueue.ReceiveAllAsync(source, settle: true);

        Assert.Equal(limit, messages.Count);
        Assert.Equal((60 - limit, 0), await queue.CountsAsync());
        Assert.Equal(EndReason.MaxMessages, source.RunEnd.Reason);
    }

    [Fact]
    public async Task No_text_of_a_delivery_or_message_shows_body_checksum_or_handle()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync("199.172.111.135");
        string? wire = null;
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call =>
            {
                var answer = await call.PassOnAsync();
                wire ??= answer.Json.Messages().Any() ? answer.Body : null;
                return answer;
            },
        };
        await using var source = await queue.ReceiveAsync(server: server);

        var message = Assert.Single(await source.ReceiveAsync(Cancelled));

        var read = (SqsMessage)Assert.Single(ReceiveUnmarshaller.Read(Encoding.UTF8.GetBytes(wire!)).Messages);
        var shown = $"{message} {message.Delivery} {read} {read.BodyBytes}";
        Assert.DoesNotContain("199.172.111.135", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(read.MD5OfBody!, shown, StringComparison.Ordinal);
        Assert.DoesNotContain(read.ReceiptHandle!, shown, StringComparison.Ordinal);
        Assert.Equal("199.172.111.135", Encoding.UTF8.GetString(message.Body));
    }
}
