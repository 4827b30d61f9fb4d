using System.Diagnostics;
using System.Text.Json.Nodes;
using Amazon.SQS.Model;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Receiving;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Telemetry;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>From the trace that a message was sent in, one finds the batch that wrote it, and nothing else of the message.</summary>
public sealed class TracesTests : IDisposable
{
    private const string Sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string NotSampled = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    private readonly ServersFixture _servers;
    private readonly WholeRun _run = new();
    private readonly List<Activity> _ended = [];
    private readonly ActivityListener _listener;

    public TracesTests(ServersFixture servers)
    {
        _servers = servers;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RunMetrics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a => { lock (_ended) { _ended.Add(a); } },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _run.Dispose();
    }

    [Fact]
    public async Task Batch_links_to_the_traces_of_its_messages_and_says_what_became_of_them()
    {
        var database = await TestDatabase.InitializedAsync(_servers, WholeRun.FifoTable);
        var queue = await TestQueue.CreateAsync(_servers);
        await queue.SendAsync(WholeRun.Body("u1"), attributes: Traced(Sampled));
        await queue.SendAsync(WholeRun.Body("u2"), attributes: Traced(NotSampled));
        await queue.SendAsync(WholeRun.Body("u3"), attributes: Traced("199.172.111.135"));
        await queue.SendAsync(WholeRun.Body("bad-4"));
        var receipt = await _run.RunAsync(queue, database, receive: new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(0.2) });
        Assert.Equal((3, 1), (receipt.Written, receipt.Quarantined));

        var batches = Of("login_etl.batch", queue.Name);
        var link = Assert.Single(batches.SelectMany(b => b.Links));
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"), (link.Context.TraceId.ToHexString(), link.Context.SpanId.ToHexString()));
        Assert.Matches("^[0-9a-f-]{36}$", (string)link.Tags!.Single(t => t.Key == "login_etl.message.id").Value!);
        Assert.Equal((4, 3, 1), (Sum(batches, "login_etl.batch.size"), Sum(batches, "login_etl.outcome.written"), Sum(batches, "login_etl.outcome.quarantined")));
        Assert.All(batches, b => Assert.Equal((ActivityKind.Consumer, ActivityStatusCode.Unset), (b.Kind, b.Status)));
        var deletes = Of("login_etl.delete", queue.Name);
        Assert.Equal(4, Sum(deletes, "login_etl.batch.size"));
        Assert.All(deletes, d => Assert.Contains(d.ParentSpanId, batches.Select(b => b.SpanId)));
        Assert.All(batches.Concat(deletes).SelectMany(a => a.TagObjects.Concat(a.Links.SelectMany(l => l.Tags ?? []))), t => Assert.DoesNotMatch(@"199\.172|593-47|siv1|u1|bad-4", $"{t.Value}"));
    }

    [Fact]
    public async Task Batch_that_fails_says_by_what_and_each_try_before()
    {
        var database = await TestDatabase.InitializedAsync(_servers);
        var queue = await TestQueue.CreateAsync(_servers);
        await queue.SendAsync(WholeRun.Body("u1"), attributes: Traced(Sampled));
        await database.RunAsync("CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION USING ERRCODE = '57P03', MESSAGE = '199.172.111.135'; END$$");
        await database.RunAsync("CREATE TRIGGER away BEFORE INSERT ON user_logins EXECUTE FUNCTION away()");
        // A host that traces what it does: nothing of ours is in its spans.
        using var host = new ActivitySource("host");
        using var hears = new ActivityListener { ShouldListenTo = s => s.Name == "host", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(hears);
        using var hosts = host.StartActivity("host")!;
        var receipt = await _run.RunAsync(queue, database, new SinkOptions { RetryFor = TimeSpan.FromSeconds(1) });
        Assert.Empty(hosts.Events);
        Assert.Equal(RunState.Failed, receipt.Outcome);

        var batch = Assert.Single(Of("login_etl.batch", queue.Name));
        Assert.Equal((ActivityStatusCode.Error, receipt.ErrorId, receipt.ErrorId), (batch.Status, batch.StatusDescription, (string?)batch.GetTagItem("error.type")));
        Assert.Single(batch.Links);
        Assert.Equal(default, batch.ParentSpanId);
        Assert.NotEmpty(batch.Events);
        Assert.All(batch.Events, e => Assert.Equal(("login_etl.retry", "database", "57P03"), (e.Name, (string?)e.Tags.First(t => t.Key == "login_etl.of").Value, (string?)e.Tags.First(t => t.Key == "login_etl.cause").Value)));
    }

    [Theory]
    [InlineData("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01")]
    [InlineData("Sampled=1; Parent=53995c3f42cd8ad8; Root=1-5759e988-bd862e3fe1be46a994272793; Lineage=a87bd80c:1", "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01")]
    [InlineData(Sampled, Sampled)]
    [InlineData(NotSampled, null)]
    [InlineData("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0", null)]
    [InlineData("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8", null)]
    [InlineData("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", null)]
    [InlineData("Root=1-5759e988-bd862e3fe1be46a99427279X;Parent=53995c3f42cd8ad8;Sampled=1", null)]
    [InlineData("Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=1", null)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c", null)]
    [InlineData("=;==;;", null)]
    [InlineData("", null)]
    public void Headers_are_those_of_the_W3C_and_of_XRay_that_were_sampled(string header, string? parent) => Assert.Equal(parent, TraceHeader.Sampled(header));

    [Fact]
    public void Attribute_of_the_sender_goes_before_that_of_XRay()
    {
        // The servers at hand know no AWSTraceHeader.
        var message = new SqsMessage
        {
            MessageId = "1",
            ReceiptHandle = "r",
            BodyBytes = "{}"u8.ToArray(),
            Attributes = new() { ["SentTimestamp"] = "1700000000000", ["AWSTraceHeader"] = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1" },
        };
        Assert.Equal("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01", MessageReader.Read(message, fifo: false).Delivery.TraceParent);
        message.MessageAttributes = new() { ["traceparent"] = new MessageAttributeValue { StringValue = Sampled } };
        Assert.Equal(Sampled, MessageReader.Read(message, fifo: false).Delivery.TraceParent);
    }

    [Theory]
    [InlineData(null, new[] { "LoginEtlOrigin", "traceparent" })]
    [InlineData("login_id", new[] { "LoginEtlOrigin", "login_id", "traceparent" })]
    [InlineData("traceparent", new[] { "LoginEtlOrigin", "traceparent" })]
    public void Queue_is_asked_for_them_where_somebody_listens(string? identity, string[] asked)
    {
        Assert.Contains("AWSTraceHeader", MessageAttributes.AskedFor);
        Assert.Equal(asked, MessageAttributes.OfSender(identity, all: false));
    }

    private static JsonObject Traced(string header) => new() { ["traceparent"] = new JsonObject { ["DataType"] = "String", ["StringValue"] = header } };

    private static int Sum(IEnumerable<Activity> activities, string tag) => activities.Sum(a => (int?)a.GetTagItem(tag) ?? 0);

    private List<Activity> Of(string name, string queue)
    {
        lock (_ended)
        {
            return [.. _ended.Where(a => a.OperationName == name && (string?)a.GetTagItem("login_etl.queue") == queue)];
        }
    }
}
