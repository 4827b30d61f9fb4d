using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Sandbox;

public sealed class SqsServerTests(ServersFixture servers)
{
    private static readonly HttpClient Http = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_server_listens_on_loopback_and_holds_what_was_sent()
    {
        string queue = await CreateAsync(servers.SqsEndpoint);
        await SendAsync(servers.SqsEndpoint, queue);
        Assert.Equal(1, await VisibleAsync(servers.SqsEndpoint, queue));
        if (servers.Sqs.IsPrivate) Assert.Equal("127.0.0.1", servers.SqsEndpoint.Host);
    }

    [Fact]
    public async Task An_outage_keeps_queues_and_messages()
    {
        await using SqsServer server = await SqsServer.StartAsync(report: null, Cancelled);
        string queue = await CreateAsync(server.EndpointUrl);
        await SendAsync(server.EndpointUrl, queue);

        await server.StopAsync(Cancelled);
        await Assert.ThrowsAsync<HttpRequestException>(() => VisibleAsync(server.EndpointUrl, queue));
        await server.StartAsync(Cancelled);
        Assert.Equal(1, await VisibleAsync(server.EndpointUrl, queue));
    }

    [Fact]
    public async Task A_long_poll_whose_client_has_gone_takes_no_message()
    {
        if (!servers.Sqs.IsPrivate) Assert.Skip("An existing server may do otherwise.");
        string queue = await CreateAsync(servers.SqsEndpoint);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task poll = CallAsync(servers.SqsEndpoint, "ReceiveMessage",
            new JsonObject { ["QueueUrl"] = queue, ["WaitTimeSeconds"] = 20 }, gone.Token);
        await Task.Delay(300, Cancelled);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll);
        await Task.Delay(200, Cancelled);

        await SendAsync(servers.SqsEndpoint, queue);
        await Task.Delay(200, Cancelled);
        Assert.Equal(1, await VisibleAsync(servers.SqsEndpoint, queue));
    }

    private async Task<string> CreateAsync(Uri endpoint)
    {
        JsonObject said = await CallAsync(
            endpoint, "CreateQueue", new JsonObject { ["QueueName"] = servers.NewQueueName() }, Cancelled);
        return said["QueueUrl"]!.GetValue<string>();
    }

    private static Task<JsonObject> SendAsync(Uri endpoint, string queue) => CallAsync(
        endpoint, "SendMessage", new JsonObject { ["QueueUrl"] = queue, ["MessageBody"] = "{}" }, Cancelled);

    private static async Task<int> VisibleAsync(Uri endpoint, string queue)
    {
        JsonObject said = await CallAsync(endpoint, "GetQueueAttributes", new JsonObject
        {
            ["QueueUrl"] = queue,
            ["AttributeNames"] = new JsonArray("ApproximateNumberOfMessages"),
        }, Cancelled);
        return int.Parse(said["Attributes"]!["ApproximateNumberOfMessages"]!.GetValue<string>(),
            System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<JsonObject> CallAsync(
        Uri endpoint, string operation, JsonObject body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint);
        request.Headers.Add("X-Amz-Target", "AmazonSQS." + operation);
        request.Content = new StringContent(body.ToJsonString());
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.0");
        using HttpResponseMessage answer = await Http.SendAsync(request, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!.AsObject();
    }
}
