using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Queues;
using LoginEtl.Aws.Receiving;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Sandbox.Demo;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>A queue of its own on the real server, looked at over plain HTTP so that nothing under test is in the way.</summary>
internal sealed class TestQueue
{
    private static readonly ConditionalWeakTable<SqsServer, SqsCalls> Calls = [];
    private readonly SqsServer _server;
    private readonly string _url;

    private TestQueue(SqsServer server, string name, string url)
    {
        _server = server;
        Name = name;
        _url = url;
    }

    /// <summary>How JSON is spoken in these tests; the same tests hold for the SDK's own calls (<c>./build.ps1 Soak</c>).</summary>
    public static QueueProtocol Protocol { get; } =
        Enum.Parse<QueueProtocol>(Environment.GetEnvironmentVariable("LOGINETL_TEST_PROTOCOL") ?? nameof(QueueProtocol.Auto));

    public static bool IsDirect => Protocol != QueueProtocol.Sdk;

    public string Name { get; }

    public QueueSettings Settings => new()
    {
        Queue = Name,
        Region = _server.Region,
        EndpointUrl = _server.EndpointUrl,
        AccessKey = _server.AccessKey,
        SecretKey = new SecretText(_server.SecretKey),
        Protocol = Protocol,
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task<TestQueue> CreateAsync(ServersFixture servers, int visibilityTimeout = 30) =>
        CreateAsync(servers, servers.NewQueueName(), new JsonObject
        {
            ["VisibilityTimeout"] = visibilityTimeout.ToString(CultureInfo.InvariantCulture),
        });

    /// <summary>A FIFO queue.</summary>
    public static Task<TestQueue> FifoAsync(ServersFixture servers, JsonObject? attributes = null)
    {
        var all = attributes ?? [];
        all["FifoQueue"] = "true";
        return CreateAsync(servers, servers.NewQueueName() + ".fifo", all);
    }

    public static Task<TestQueue> CreateAsync(ServersFixture servers, string name, JsonObject attributes) =>
        CreateAsync(servers.Sqs, name, attributes);

    public static async Task<TestQueue> CreateAsync(SqsServer server, string name, JsonObject attributes)
    {
        var said = await CallAsync(server, "CreateQueue", new JsonObject
        {
            ["QueueName"] = name,
            ["Attributes"] = attributes,
        });
        return new TestQueue(server, name, said["QueueUrl"]!.GetValue<string>());
    }

    /// <summary>The attributes of a queue whose messages move here when they have been received so often.</summary>
    public JsonObject AsDeadLetters(int maxReceiveCount) => new()
    {
        ["RedrivePolicy"] = new JsonObject
        {
            ["deadLetterTargetArn"] = $"arn:aws:sqs:us-east-1:000000000000:{Name}",
            ["maxReceiveCount"] = maxReceiveCount,
        }.ToJsonString(),
    };

    public async Task SendAsync(int messages)
    {
        for (var first = 0; first < messages; first += 10)
        {
            var entries = Enumerable.Range(first, Math.Min(10, messages - first)).Select(i => (JsonNode)new JsonObject
            {
                ["Id"] = i.ToString(CultureInfo.InvariantCulture),
                ["MessageBody"] = string.Create(CultureInfo.InvariantCulture, $$"""{"number": {{i}}, "text": "héllo \"{{i}}\""}"""),
            });
            await CallAsync("SendMessageBatch", new JsonObject { ["Entries"] = new JsonArray([.. entries]) });
        }
    }

    public Task SendAsync(string body, string? group = null, JsonObject? attributes = null)
    {
        var request = new JsonObject { ["MessageBody"] = body };
        if (attributes is not null)
        {
            request["MessageAttributes"] = attributes;
        }

        if (group is not null)
        {
            request["MessageGroupId"] = group;
            request["MessageDeduplicationId"] = Guid.NewGuid().ToString();
        }

        return CallAsync("SendMessage", request);
    }

    /// <summary>Another consumer takes up to ten messages.</summary>
    public async Task<int> TakeAsync(int messages, int visibilityTimeout)
    {
        var said = await CallAsync("ReceiveMessage", new JsonObject
        {
            ["MaxNumberOfMessages"] = messages,
            ["VisibilityTimeout"] = visibilityTimeout,
        });
        return said["Messages"]?.AsArray().Count ?? 0;
    }

    /// <summary>What was received and not deleted is visible again.</summary>
    public async Task MakeVisibleAsync(IEnumerable<IDelivered> received)
    {
        foreach (var delivery in received.Select(r => r.GetDelivery()).OfType<QueueDelivery>())
        {
            await CallAsync("ChangeMessageVisibility", new JsonObject { ["ReceiptHandle"] = delivery.ReceiptHandle, ["VisibilityTimeout"] = 0 });
        }
    }

    public async Task<(int Visible, int InFlight)> CountsAsync()
    {
        var said = await CallAsync("GetQueueAttributes", new JsonObject { ["AttributeNames"] = new JsonArray("All") });
        int Count(string name) => int.Parse(said["Attributes"]![name]!.GetValue<string>(), CultureInfo.InvariantCulture);
        return (Count("ApproximateNumberOfMessages"), Count("ApproximateNumberOfMessagesNotVisible"));
    }

    /// <summary>The queue as a run finds it, at the real server or behind faults.</summary>
    public Task<SqsQueue> FindAsync(FaultyServer? server = null) =>
        QueueLookup.FindAsync(server is null ? Settings : Settings with { EndpointUrl = server.EndpointUrl }, Cancelled);

    public async Task<SqsMessageSource> ReceiveAsync(ReceiveOptions? options = null, SqsTimings? timings = null,
        FaultyServer? server = null, bool asIfRemote = false, QueueSettings? settings = null)
    {
        var queue = settings is null ? await FindAsync(server) : await QueueLookup.FindAsync(settings, Cancelled);
        if (asIfRemote)
        {
            queue = queue with { Endpoint = new QueueEndpoint(new Uri("https://sqs.us-east-1.amazonaws.com/"), "us-east-1") };
        }

        var terms = await ReceiveTerms.ReadAsync(queue, Cancelled);
        return new SqsMessageSource(queue, terms, options ?? new ReceiveOptions(), timings ?? SqsTimings.Default);
    }

    /// <summary>Receives until so many are held; fails when they do not come.</summary>
    public static async Task<List<ReceivedMessage>> HoldAsync(IMessageSource source, int messages)
    {
        var held = new List<ReceivedMessage>();
        while (held.Count < messages)
        {
            var receiving = source.ReceiveAsync(Cancelled);
            await Until.Async(() => receiving.IsCompleted, $"{messages} messages, of which {held.Count} came");
            var more = await receiving;
            Assert.NotEmpty(more);
            held.AddRange(more);
        }

        return held;
    }

    /// <summary>Receives until the run ends; with <paramref name="settle"/>, settles and deletes as it goes.</summary>
    public static async Task<List<ReceivedMessage>> ReceiveAllAsync(IMessageSource source, bool settle)
    {
        var all = new List<ReceivedMessage>();
        while (await source.ReceiveAsync(Cancelled) is { Count: > 0 } messages)
        {
            all.AddRange(messages);
            if (settle)
            {
                await SettleAsync(source, messages);
            }
        }

        return all;
    }

    public static async Task SettleAsync(IMessageSource source, IEnumerable<ReceivedMessage> messages)
    {
        var deliveries = messages.Select(m => m.Delivery).ToList();
        Assert.All(deliveries, d => Assert.True(source.Book.Settle(d, LoginEtl.Run.Outcome.Written)));
        await source.DeleteAsync(deliveries, Cancelled);
    }

    public static Task ReturnAllAsync(IMessageSource source) =>
        source.ReturnAsync(source.Book.TakeUnsettled(evenClaimed: true), Cancelled);

    private Task<JsonObject> CallAsync(string operation, JsonObject request)
    {
        request["QueueUrl"] = _url;
        return CallAsync(_server, operation, request);
    }

    private static Task<JsonObject> CallAsync(SqsServer server, string operation, JsonObject request) =>
        Calls.GetValue(server, s => new SqsCalls(s)).CallAsync(operation, request, Cancelled);
}
