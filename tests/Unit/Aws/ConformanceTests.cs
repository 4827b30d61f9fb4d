using System.Text.Json.Nodes;
using LoginEtl.Aws;
using LoginEtl.Aws.Conformance;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>
/// What SQS is tried on, tried on two servers that are not AWS's: what each does otherwise is known, and stands in
/// docs/conformance.md. The queues are deleted in every ending.
/// </summary>
public sealed class ConformanceTests(ServersFixture servers, ElasticMqFixture elasticMq)
{
    private const string Held = nameof(ConformanceReport.Held);

    private static readonly string[] s_page = File.ReadAllLines(Repository.PathOf("docs/conformance.md"));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static IEnumerable<Assertion> Assertions => ConformanceRun.Plans.SelectMany(p => p.Trials).SelectMany(t => t.Assertions);

    private QueueSettings OnSandbox => new()
    {
        Queue = servers.NewQueueName(),
        Region = servers.Sqs.Region,
        EndpointUrl = servers.SqsEndpoint,
        AccessKey = servers.Sqs.AccessKey,
        SecretKey = new SecretText(servers.Sqs.SecretKey),
        Protocol = TestQueue.Protocol,
    };

    [Fact]
    public async Task Sandbox_deviates_as_the_page_says()
    {
        var settings = OnSandbox;
        var report = await new SqsConnector().TryConformanceAsync(settings, Cancelled);

        AssertDeviates(report, "The sandbox's server");
        Assert.Equal(("Loopback", "Json", settings.Region), (report.Endpoint, report.Protocol, report.Region));
        Assert.Empty(report.QueuesLeft);
        Assert.Empty(await QueuesAsync(settings));
    }

    [Fact]
    public async Task ElasticMQ_deviates_as_the_page_says()
    {
        var settings = OnSandbox with { Queue = elasticMq.NewQueueName(), EndpointUrl = await elasticMq.EndpointAsync(), Protocol = QueueProtocol.Auto };
        var report = await new SqsConnector().TryConformanceAsync(settings, Cancelled);

        AssertDeviates(report, "ElasticMQ");
        Assert.Equal("Query", report.Protocol);
        Assert.Empty(report.QueuesLeft);
        Assert.Empty(await QueuesAsync(settings));
    }

    [Fact]
    public async Task Another_time_at_a_redelivery_is_named()
    {
        await using var server = new FaultyServer(servers) { OnReceive = LaterAsync };
        var report = await new SqsConnector().TryConformanceAsync(OnSandbox with { EndpointUrl = server.EndpointUrl }, Cancelled);

        var planted = Assert.Single(report.Assertions, a => a.Name == "Redelivery has the same SentTimestamp");
        Assert.Equal((nameof(ConformanceReport.Deviates), "another, 1500 ms apart"), (planted.Status, planted.Seen));
        Assert.Equal(Held, Assert.Single(report.Assertions, a => a.Name == "Redelivery has the same id").Status);
    }

    [Fact]
    public async Task What_fails_is_not_tried_and_its_queues_are_deleted()
    {
        await using var server = new FaultyServer(servers) { OnSend = _ => Task.FromResult(ProxiedAnswer.Refused(403, "AccessDenied")) };
        var settings = OnSandbox with { EndpointUrl = server.EndpointUrl };
        var report = await new SqsConnector().TryConformanceAsync(settings, Cancelled);

        Assert.Equal("SendMessageBatch: AccessDenied", Assert.Single(report.Assertions, a => a.Name == "Redelivery has the same id").Seen);
        Assert.True(report.NotTried > report.Held);
        Assert.Empty(report.QueuesLeft);
        Assert.Empty(await QueuesAsync(settings));
    }

    [Fact]
    public async Task A_stop_deletes_what_was_made()
    {
        var settings = OnSandbox;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var trying = new SqsConnector().TryConformanceAsync(settings, stop.Token);
        await Until.Async(async () => (await QueuesAsync(settings)).Count >= 8, "the queues");
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trying);
        Assert.Empty(await QueuesAsync(settings));
    }

    [Fact]
    public async Task What_could_not_be_deleted_is_named()
    {
        await using var proxy = new SqsProxy(servers.SqsEndpoint, async call =>
            await call.AnswerAsync(call.Operation is "DeleteQueue" or "SendMessageBatch" ? ProxiedAnswer.Refused(403, "AccessDenied") : await call.PassOnAsync()));
        var settings = OnSandbox with { EndpointUrl = proxy.EndpointUrl };
        var report = await new SqsConnector().TryConformanceAsync(settings, Cancelled);

        Assert.Equal(await QueuesAsync(settings), report.QueuesLeft);
        Assert.Contains($"Not deleted: {settings.Queue}", $"{report}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_queue_can_be_made_the_right_is_named()
    {
        await using var proxy = new SqsProxy(servers.SqsEndpoint, call => call.AnswerAsync(ProxiedAnswer.Refused(403, "AccessDenied")));

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => new SqsConnector().TryConformanceAsync(OnSandbox with { EndpointUrl = proxy.EndpointUrl }, Cancelled));

        Assert.Equal("QueueAccessDenied", e.Id);
        Assert.Contains("sqs:CreateQueue", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_lists_the_assertions_in_their_order() => Assert.Equal(
        Assertions.Select(a => $"| {a.Name} | {a.Promise} |"), Rows("What is tried"));

    [Fact]
    public void Assertions_have_names_of_their_own_and_promises_that_there_are()
    {
        var headings = File.ReadLines(Repository.PathOf("docs/promises.md")).Concat(File.ReadLines(Repository.PathOf("docs/messages.md")))
            .Where(l => l.StartsWith("## ", StringComparison.Ordinal)).Select(l => l[3..]).ToHashSet();

        Assert.True(Assertions.Count() >= 40);
        Assert.Equal(Assertions.Count(), Assertions.Select(a => a.Name).Distinct().Count());
        Assert.All(Assertions, a => Assert.Contains(a.Promise.Split(": ")[0], headings));
    }

    private static void AssertDeviates(ConformanceReport report, string heading)
    {
        Assert.Equal(Assertions.Select(a => a.Name), report.Assertions.Select(a => a.Name));
        var seen = report.Assertions.Where(a => a.Status != Held).ToList();
        var expected = Rows(heading).Select(r => r.Split(" | ")).Select(r => $"{r[0].TrimStart('|', ' ')}: {r[1]}");
        Assert.True(expected.SequenceEqual(seen.Select(a => $"{a.Name}: {a.Status}")), $"{report}");
        Assert.Equal(report.Assertions.Count, report.Held + report.Deviates + report.NotTried);
        Assert.InRange(report.Seconds, 1, 180);
    }

    // Without the header of its table.
    private static IEnumerable<string> Rows(string heading) =>
        s_page.SkipWhile(l => l != $"## {heading}").Skip(1).TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal)).Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(1);

    private static async Task<ProxiedAnswer> LaterAsync(ProxiedCall call)
    {
        var answer = await call.PassOnAsync();
        var body = JsonNode.Parse(answer.Body)!.AsObject();
        foreach (var attributes in body["Messages"]?.AsArray().Select(m => m!["Attributes"]!).Where(a => a["ApproximateReceiveCount"]!.GetValue<string>() == "2") ?? [])
        {
            attributes["SentTimestamp"] = $"{long.Parse(attributes["SentTimestamp"]!.GetValue<string>(), null) + 1500}";
        }

        return answer with { Body = body.ToJsonString() };
    }

    private static async Task<List<string>> QueuesAsync(QueueSettings settings) =>
        [.. (await new SqsConnector().ListNamesAsync(settings, settings.Queue, Cancelled)).Select(q => q.Name).Order(StringComparer.Ordinal)];
}
