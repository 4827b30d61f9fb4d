using System.Text.Json.Nodes;
using LoginEtl.Sandbox.Demo;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Sandbox;

public sealed class SqsServerTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_listens_on_loopback_and_holds_what_was_sent()
    {
        string queue = await CreateAsync(servers.Sqs);
        await SendAsync(servers.Sqs, queue);
        Assert.Equal(1, await VisibleAsync(servers.Sqs, queue));
        if (servers.Sqs.IsPrivate) Assert.Equal("127.0.0.1", servers.SqsEndpoint.Host);
    }

    [Fact]
    public async Task Outage_keeps_queues_and_messages()
    {
        await using SqsServer server = await SqsServer.StartAsync(report: null, Cancelled);
        string queue = await CreateAsync(server);
        await SendAsync(server, queue);

        await server.StopAsync(Cancelled);
        await Assert.ThrowsAsync<SandboxException>(() => VisibleAsync(server, queue));
        await server.StartAsync(Cancelled);
        Assert.Equal(1, await VisibleAsync(server, queue));
    }

    [Fact]
    public async Task Long_poll_whose_client_has_gone_takes_no_message()
    {
        if (!servers.Sqs.IsPrivate) Assert.Skip("An existing server may do otherwise.");
        string queue = await CreateAsync(servers.Sqs);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task poll = CallAsync(servers.Sqs, "ReceiveMessage",
            new JsonObject { ["QueueUrl"] = queue, ["WaitTimeSeconds"] = 20 }, gone.Token);
        await Task.Delay(300, Cancelled);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll);
        await Task.Delay(200, Cancelled);

        await SendAsync(servers.Sqs, queue);
        await Task.Delay(200, Cancelled);
        Assert.Equal(1, await VisibleAsync(servers.Sqs, queue));
    }

    private async Task<string> CreateAsync(SqsServer server)
    {
        JsonObject said = await CallAsync(
            server, "CreateQueue", new JsonObject { ["QueueName"] = servers.NewQueueName() }, Cancelled);
        return said["QueueUrl"]!.GetValue<string>();
    }

    private static Task<JsonObject> SendAsync(SqsServer server, string queue) => CallAsync(
        server, "SendMessage", new JsonObject { ["QueueUrl"] = queue, ["MessageBody"] = "{}" }, Cancelled);

    private static async Task<int> VisibleAsync(SqsServer server, string queue)
    {
        JsonObject said = await CallAsync(server, "GetQueueAttributes", new JsonObject
        {
            ["QueueUrl"] = queue,
            ["AttributeNames"] = new JsonArray("ApproximateNumberOfMessages"),
        }, Cancelled);
        return int.Parse(said["Attributes"]!["ApproximateNumberOfMessages"]!.GetValue<string>(),
            System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<JsonObject> CallAsync(
        SqsServer server, string operation, JsonObject body, CancellationToken cancellationToken)
    {
        using var calls = new SqsCalls(server);
        return await calls.CallAsync(operation, body, cancellationToken);
    }
}
