using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using LoginEtl.Bench.Endpoint;
using Xunit;

namespace LoginEtl.Unit.Bench;

/// <summary>The endpoint that figures rest on keeps SQS's rules.</summary>
public sealed class EndpointTests : IDisposable
{
    private const string Body = "{\"text\": \"héllo <\\\"1\\\"> & \\r\"}";
    private static readonly JsonObject[] None = [];
    private readonly SqsEndpoint _endpoint = new();
    private readonly SqsCaller _client;

    public EndpointTests() => _client = new SqsCaller(_endpoint.Url);

    public void Dispose()
    {
        _client.Dispose();
        _endpoint.Dispose();
    }

    [Fact]
    public async Task Message_comes_again_when_its_lease_has_run_out_and_is_counted()
    {
        await CreateAsync(visibilityTimeout: 1);
        await SendAsync(Body);
        var first = Assert.Single(await ReceiveAsync());
        Assert.Empty(await ReceiveAsync());
        Assert.Equal((0, 1), await _client.CountAsync("q"));
        var again = Assert.Single(await ReceiveAsync(wait: 5));
        Assert.Equal(Text(first, "MessageId"), Text(again, "MessageId"));
        Assert.Equal(first["Attributes"]!["SentTimestamp"]!.GetValue<string>(), again["Attributes"]!["SentTimestamp"]!.GetValue<string>());
        Assert.Equal(("1", "2"), (Count(first), Count(again)));
    }

    [Fact]
    public async Task Only_the_newest_handle_deletes()
    {
        await CreateAsync();
        await SendAsync(Body);
        var older = Assert.Single(await ReceiveAsync());
        await CallAsync("ChangeMessageVisibilityBatch", Entry(Text(older, "ReceiptHandle"), visibilityTimeout: 0));
        var newer = Assert.Single(await ReceiveAsync());
        Assert.NotEqual(Text(older, "ReceiptHandle"), Text(newer, "ReceiptHandle"));
        await DeleteAsync(Text(older, "ReceiptHandle"));
        Assert.Equal((0, 1), await _client.CountAsync("q"));
        await DeleteAsync(Text(newer, "ReceiptHandle"));
        Assert.Equal((0, 0), await _client.CountAsync("q"));
    }

    [Fact]
    public async Task Message_that_is_visible_again_can_still_be_deleted()
    {
        await CreateAsync();
        await SendAsync(Body);
        var handle = Text(Assert.Single(await ReceiveAsync()), "ReceiptHandle");
        await CallAsync("ChangeMessageVisibilityBatch", Entry(handle, visibilityTimeout: 0));
        Assert.Equal((1, 0), await _client.CountAsync("q"));
        await DeleteAsync(handle);
        Assert.Equal((0, 0), await _client.CountAsync("q"));
        Assert.Empty(await ReceiveAsync());
    }

    [Fact]
    public async Task What_is_no_handle_fails_alone()
    {
        await CreateAsync();
        await SendAsync(Body);
        var handle = Text(Assert.Single(await ReceiveAsync()), "ReceiptHandle");
        var said = await CallAsync("DeleteMessageBatch", Entry("AQEBnone"), Entry(handle, id: "b"));
        Assert.Equal("b", Text(Assert.Single(said["Successful"]!.AsArray())!, "Id"));
        Assert.Equal("ReceiptHandleIsInvalid", Text(Assert.Single(said["Failed"]!.AsArray())!, "Code"));
    }

    [Fact]
    public async Task Long_poll_ends_with_the_first_message_or_with_its_time()
    {
        await CreateAsync();
        var began = Stopwatch.GetTimestamp();
        var waiting = ReceiveAsync(wait: 20);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        await SendAsync(Body);
        Assert.Single(await waiting);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0.04, 10);

        began = Stopwatch.GetTimestamp();
        Assert.Empty(await ReceiveAsync(wait: 1));
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0.9, 10);
    }

    [Fact]
    public async Task Messages_look_like_those_of_AWS()
    {
        await CreateAsync();
        var sent = await SendAsync(Body);
        var message = Assert.Single(await ReceiveAsync());
        Assert.Equal(Body, Text(message, "Body"));
        Assert.Equal(Md5(Body), Text(message, "MD5OfBody"));
        Assert.Equal(Md5(Body), Text(sent["Successful"]![0]!, "MD5OfMessageBody"));
        Assert.Equal(Text(sent["Successful"]![0]!, "MessageId"), Text(message, "MessageId"));
        Assert.True(Guid.TryParseExact(Text(message, "MessageId"), "D", out _));
        Assert.Equal(404, Text(message, "ReceiptHandle").Length);
        Assert.StartsWith("AQEB", Text(message, "ReceiptHandle"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Query_protocol_gives_the_same()
    {
        using var http = new HttpClient();
        async Task<XElement> AskAsync(string path, string form)
        {
            using var content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded");
            using var answer = await http.PostAsync(new Uri(_endpoint.Url, path), content, TestContext.Current.CancellationToken);
            return XElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        string Value(XElement answer, string name) => answer.Descendants().First(e => e.Name.LocalName == name).Value;
        var made = await AskAsync("/", "Action=CreateQueue&QueueName=q&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=7");
        var path = new Uri(Value(made, "QueueUrl")).AbsolutePath;
        await AskAsync(path, $"Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody={Uri.EscapeDataString(Body)}");
        var got = await AskAsync(path, "Action=ReceiveMessage&MaxNumberOfMessages=10&AttributeName.1=All");
        Assert.Equal((Body, Md5(Body)), (Value(got, "Body"), Value(got, "MD5OfBody")));
        Assert.Contains(got.Descendants(), e => e.Value == "ApproximateReceiveCount");
        await AskAsync(path, $"Action=DeleteMessageBatch&DeleteMessageBatchRequestEntry.1.Id=a&DeleteMessageBatchRequestEntry.1.ReceiptHandle={Uri.EscapeDataString(Value(got, "ReceiptHandle"))}");
        Assert.Equal((0, 0), await _client.CountAsync("q"));
        Assert.Equal("AWS.SimpleQueueService.NonExistentQueue", Value(await AskAsync("/", "Action=GetQueueUrl&QueueName=none"), "Code"));
    }

    [Fact]
    public async Task Calls_take_as_long_as_they_are_told_to()
    {
        using var slow = new SqsEndpoint(latency: TimeSpan.FromMilliseconds(50));
        using var client = new SqsCaller(slow.Url);
        var began = Stopwatch.GetTimestamp();
        Assert.Contains("QueueDoesNotExist", Text(await client.CallAsync("GetQueueUrl", new() { ["QueueName"] = "none" }), "__type"), StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(began).TotalMilliseconds >= 49);
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private static string Count(JsonObject message) => Text(message["Attributes"]!, "ApproximateReceiveCount");

#pragma warning disable CA5351 // What SQS does.
    private static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351

    private static JsonObject Entry(string handle, int visibilityTimeout = 0, string id = "a") =>
        new() { ["Id"] = id, ["ReceiptHandle"] = handle, ["VisibilityTimeout"] = visibilityTimeout };

    private Task<JsonObject> CreateAsync(int visibilityTimeout = 30) => _client.CallAsync("CreateQueue", new()
    {
        ["QueueName"] = "q",
        ["Attributes"] = new JsonObject { ["VisibilityTimeout"] = $"{visibilityTimeout}" },
    });

    private Task<JsonObject> SendAsync(string body) =>
        CallAsync("SendMessageBatch", new JsonObject { ["Id"] = "a", ["MessageBody"] = body });

    private Task<JsonObject> DeleteAsync(string handle) => CallAsync("DeleteMessageBatch", Entry(handle));

    private Task<JsonObject> CallAsync(string operation, params JsonNode[] entries) =>
        _client.CallAsync(operation, new() { ["QueueUrl"] = "q", ["Entries"] = new JsonArray(entries) });

    private async Task<JsonObject[]> ReceiveAsync(int wait = 0)
    {
        var said = await _client.CallAsync("ReceiveMessage", new()
        {
            ["QueueUrl"] = SqsEndpoint.QueueUrl(_endpoint.Url, "q"),
            ["MaxNumberOfMessages"] = 10,
            ["WaitTimeSeconds"] = wait,
            ["MessageSystemAttributeNames"] = new JsonArray("All"),
        });
        return said["Messages"] is JsonArray messages ? [.. messages.Select(m => m!.AsObject())] : None;
    }
}
