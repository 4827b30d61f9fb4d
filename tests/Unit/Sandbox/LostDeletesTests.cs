using System.Globalization;
using System.Text.Json.Nodes;
using LoginEtl.Sandbox.Demo;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Sandbox;

public sealed class LostDeletesTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Message_deleted_through_the_proxy_is_gone_for_the_client_and_comes_again()
    {
        using var direct = new SqsCalls(servers.Sqs);
        DemoQueue queue = await DemoQueue.CreateAsync(direct, servers.NewQueueName(), Cancelled);
        await queue.SendAsync(direct, ["one", "two", "three"], Cancelled);

        await using var proxy = new LostDeletes(servers.SqsEndpoint);
        using var through = new SqsCalls(SqsServer.Existing(proxy.EndpointUrl));
        JsonArray first = await ReceiveAsync(through, queue);
        Assert.Equal(3, first.Count);
        JsonObject answer = await through.CallAsync("DeleteMessageBatch", Delete(queue, first), Cancelled);
        Assert.Equal(3, answer["Successful"]!.AsArray().Count);
        Assert.Equal(0, await InFlightAsync(through, queue));
        Assert.Equal(3, await InFlightAsync(direct, queue));

        await queue.MakeVisibleAsync(direct, proxy.Receipts, Cancelled);
        Assert.Equal(Ids(first), Ids(await ReceiveAsync(direct, queue)));
    }

    [Fact]
    public async Task Its_end_breaks_a_long_poll_which_then_takes_no_message()
    {
        if (!servers.Sqs.IsPrivate) Assert.Skip("An existing server may do otherwise.");
        using var direct = new SqsCalls(servers.Sqs);
        DemoQueue queue = await DemoQueue.CreateAsync(direct, servers.NewQueueName(), Cancelled);
        var proxy = new LostDeletes(servers.SqsEndpoint);
        using var through = new SqsCalls(SqsServer.Existing(proxy.EndpointUrl));
        Task poll = ReceiveAsync(through, queue, waitSeconds: 20);
        await Task.Delay(300, Cancelled);
        await proxy.DisposeAsync();
        Assert.Same(poll, await Task.WhenAny(poll, Task.Delay(TimeSpan.FromSeconds(5), Cancelled)));
        await Task.Delay(300, Cancelled);

        await queue.SendAsync(direct, ["one"], Cancelled);
        Assert.Single(await ReceiveAsync(direct, queue));
    }

    private static async Task<JsonArray> ReceiveAsync(SqsCalls sqs, DemoQueue queue, int waitSeconds = 0)
    {
        JsonObject answer = await sqs.CallAsync("ReceiveMessage", new JsonObject
        {
            ["QueueUrl"] = queue.Url,
            ["MaxNumberOfMessages"] = 10,
            ["WaitTimeSeconds"] = waitSeconds,
        }, Cancelled);
        return answer["Messages"]?.AsArray() ?? [];
    }

    private static async Task<int> InFlightAsync(SqsCalls sqs, DemoQueue queue)
    {
        const string inFlight = "ApproximateNumberOfMessagesNotVisible";
        JsonObject answer = await sqs.CallAsync("GetQueueAttributes", new JsonObject
        {
            ["QueueUrl"] = queue.Url,
            ["AttributeNames"] = new JsonArray(inFlight),
        }, Cancelled);
        return int.Parse(answer["Attributes"]![inFlight]!.GetValue<string>(), CultureInfo.InvariantCulture);
    }

    private static JsonObject Delete(DemoQueue queue, JsonArray messages) => new()
    {
        ["QueueUrl"] = queue.Url,
        ["Entries"] = new JsonArray([.. messages.Select((message, index) => new JsonObject
        {
            ["Id"] = index.ToString(CultureInfo.InvariantCulture),
            ["ReceiptHandle"] = message!["ReceiptHandle"]!.GetValue<string>(),
        })]),
    };

    private static IEnumerable<string> Ids(JsonArray messages) =>
        messages.Select(message => message!["MessageId"]!.GetValue<string>()).Order(StringComparer.Ordinal);
}
