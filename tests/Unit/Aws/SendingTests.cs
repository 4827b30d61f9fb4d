using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Aws;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;
using LoginEtl.Aws.Sending;
using LoginEtl.Faults;
using LoginEtl.Ports;
using LoginEtl.Records;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

public sealed class SendingTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bodies_arrive_as_they_were_sent_and_ids_come_in_their_order()
    {
        var queue = await TestQueue.CreateAsync(servers);
        string[] bodies = [.. Enumerable.Range(0, 205).Select(i => $$"""{"i": {{i}}, "t": "Ä€\"\\\n/<>&'+"}"""), " x ", "not json"];
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, Cancelled);

        var ids = await sender.SendAsync(bodies, Cancelled);

        await using var source = await queue.ReceiveAsync();
        var messages = await TestQueue.ReceiveAllAsync(source, settle: true);
        var sent = ids.Zip(bodies).ToDictionary(p => p.First, p => p.Second);
        Assert.Equal(bodies.Length, messages.Count);
        Assert.All(messages, m => Assert.Null(m.Rejection));
        Assert.All(messages, m => Assert.Equal(sent[m.Delivery.Id!.Value], Encoding.UTF8.GetString(m.Body)));
    }

    [Fact]
    public async Task Nothing_to_send_sends_nothing()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, Cancelled);

        Assert.Empty(await sender.SendAsync([], Cancelled));
    }

    [Fact]
    public async Task Body_of_a_mebibyte_goes_alone()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var large = new string('x', SqsQuotas.BatchBytes);
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, Cancelled);

        await sender.SendAsync(["a", large, "b"], Cancelled);

        await using var source = await queue.ReceiveAsync();
        var messages = await TestQueue.ReceiveAllAsync(source, settle: true);
        Assert.Equal([1, 1, SqsQuotas.BatchBytes], messages.Select(m => m.Body.Length).Order());
    }

    [Fact]
    public void Batches_hold_at_most_ten_messages_and_a_mebibyte_counted_in_bytes()
    {
        var third = new string('é', SqsQuotas.BatchBytes / 6);
        Assert.Equal([0..10, 10..20, 20..21], SendBatches.Of([.. Enumerable.Repeat("x", 21)]));
        Assert.Equal([0..3, 3..4], SendBatches.Of([third, third, third, third]));
    }

    [Theory]
    [InlineData(false, "is empty")]
    [InlineData(true, "half of a surrogate pair")]
    public async Task Body_that_cannot_be_sent_is_named_by_its_place_and_nothing_is_sent(bool broken, string why)
    {
        // Made here: a test's arguments travel as UTF-8, which has no half pairs.
        var body = broken ? "199.172.111.135 \ud800" : "";
        var queue = await TestQueue.CreateAsync(servers);
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, Cancelled);

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => sender.SendAsync(["fine", body], Cancelled));

        Assert.Equal("BodyNotSendable", e.Id);
        Assert.Contains("Body 2", e.Message, StringComparison.Ordinal);
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("199.172", e.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Entries_that_failed_are_sent_again_and_each_arrives_once()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var calls = 0;
        await using var server = new FaultyServer(servers)
        {
            OnSend = async call =>
            {
                if (Interlocked.Increment(ref calls) > 2)
                {
                    return await call.PassOnAsync();
                }

                var request = call.Request;
                request["Entries"] = new JsonArray([.. call.Entries().Skip(3).Select(e => e.DeepClone())]);
                var said = (await call.SendAsync(call.Operation, request)).Json;
                said["Failed"] = MadeUp.FailedEntries(call.Entries().Take(3), "InternalError", senderFault: false);
                return ProxiedAnswer.Ok(said);
            },
        };
        await using IMessageSender sender = new SqsMessageSender(await queue.FindAsync(server), SqsTimings.Default);

        var ids = await sender.SendAsync([.. Enumerable.Range(0, 20).Select(i => $"{i}")], Cancelled);

        Assert.Equal(20, ids.Distinct().Count());
        Assert.DoesNotContain(default(MessageId), ids);
        Assert.Equal((20, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Refused_body_is_named_by_its_place_and_not_quoted()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var server = new FaultyServer(servers)
        {
            OnSend = call => Task.FromResult(MadeUp.Failed([call.Entries()[1]], "InvalidMessageContents", senderFault: true)),
        };
        await using IMessageSender sender = new SqsMessageSender(await queue.FindAsync(server), SqsTimings.Default);

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => sender.SendAsync(["a", "199.172.111.135"], Cancelled));

        Assert.Equal("BodyRefused", e.Id);
        Assert.Contains("body 2", e.Message, StringComparison.Ordinal);
        Assert.Contains("InvalidMessageContents", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("199.172", e.ToString(), StringComparison.Ordinal);
    }
}
