using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Aws;
using LoginEtl.Aws.Receiving;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Partial failures, damage and throttling, as they come over the Query protocol.</summary>
public sealed class QueryFaultsTests(ServersFixture servers) : IDisposable
{
    private readonly QueryFront _front = new(servers.SqsEndpoint);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _front.Dispose();

    [Fact]
    public async Task Deletes_that_failed_in_part_are_tried_again_until_all_are_gone()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(25);
        var calls = 0;
        _front.Fault = (action, question, call) => action == "DeleteMessageBatch" && Interlocked.Increment(ref calls) <= 4
            ? Partly(question, call, entry => entry % 3 == 0, "InternalError", senderFault: false)
            : call();
        await using var source = await ReceiveAsync(queue);

        Assert.Equal(25, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);

        Assert.Equal((0, 0), await queue.CountsAsync());
        Assert.Equal(0, source.Book.Counts()[BesideOutcomes.Undeleted]);
        Assert.True(calls > 4);
    }

    [Fact]
    public async Task Entry_that_the_answer_does_not_name_is_tried_again()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(10);
        var calls = 0;
        _front.Fault = (action, question, call) => action == "DeleteMessageBatch" && Interlocked.Increment(ref calls) == 1
            ? Partly(question, call, entry => entry < 2, code: null, senderFault: false)
            : call();
        await using var source = await ReceiveAsync(queue);

        await TestQueue.ReceiveAllAsync(source, settle: true);

        Assert.Equal((0, 0), await queue.CountsAsync());
        Assert.Equal(0, source.Book.Counts()[BesideOutcomes.Undeleted]);
    }

    [Fact]
    public async Task Delete_that_fails_by_its_senders_fault_is_counted_and_not_tried_again()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(3);
        var calls = 0;
        _front.Fault = (action, question, call) =>
        {
            if (action != "DeleteMessageBatch")
            {
                return call();
            }

            Interlocked.Increment(ref calls);
            return Partly(question, call, _ => true, "ReceiptHandleIsInvalid", senderFault: true);
        };
        await using var source = await ReceiveAsync(queue, new ReceiveOptions { MaxMessages = 3, Receivers = 1 });
        var messages = await TestQueue.ReceiveAllAsync(source, settle: false);

        await TestQueue.SettleAsync(source, messages);

        Assert.Equal(3, source.Book.Counts()[BesideOutcomes.Undeleted]);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Returns_that_failed_in_part_are_tried_again_and_what_is_gone_has_lapsed()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(10);
        var calls = 0;
        _front.Fault = (action, question, call) => action != "ChangeMessageVisibilityBatch" ? call()
            : Interlocked.Increment(ref calls) == 1
                ? Partly(question, call, entry => entry < 5, "InternalError", senderFault: false)
                : Partly(question, call, entry => entry == 0, "MessageNotInflight", senderFault: true);
        await using var source = await ReceiveAsync(queue, new ReceiveOptions { MaxMessages = 10, Receivers = 1 });
        await TestQueue.ReceiveAllAsync(source, settle: false);

        await TestQueue.ReturnAllAsync(source);

        Assert.Equal(9, source.Book.Counts()[Outcome.Returned]);
        Assert.Equal(1, source.Book.Counts()[Outcome.Lapsed]);
        Assert.Equal((9, 1), await queue.CountsAsync());
    }

    [Fact]
    public async Task Body_damaged_on_the_way_is_rejected_and_the_others_are_not()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(10);
        _front.Fault = async (_, _, call) =>
        {
            var answer = await call();
            foreach (var message in answer["Messages"]?.AsArray() ?? [])
            {
                var body = message!["Body"]!.GetValue<string>();
                message["Body"] = body.Replace("\"number\": 7", "\"number\": 8", StringComparison.Ordinal);
            }

            return answer;
        };
        await using var source = await ReceiveAsync(queue);

        var messages = await TestQueue.ReceiveAllAsync(source, settle: true);

        var damaged = Assert.Single(messages, m => m.Rejection is not null);
        Assert.Equal(RejectReason.ChecksumMismatch, damaged.Rejection?.Reason);
        Assert.Equal(10, messages.Count);
    }

    [Fact]
    public async Task Entries_that_failed_are_sent_again_and_each_arrives_once()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var calls = 0;
        _front.Fault = (action, question, call) => action == "SendMessageBatch" && Interlocked.Increment(ref calls) <= 2
            ? Partly(question, call, entry => entry % 2 == 0, "InternalError", senderFault: false)
            : call();
        string[] bodies = [.. Enumerable.Range(0, 20).Select(i => $"body {i} & é")];
        await using var sender = await new SqsConnector().SendToAsync(Settings(queue), Cancelled);

        var ids = await sender.SendAsync(bodies, Cancelled);

        await using var source = await ReceiveAsync(queue);
        var messages = await TestQueue.ReceiveAllAsync(source, settle: true);
        var sent = ids.Zip(bodies).ToDictionary(p => p.First, p => p.Second);
        Assert.Equal(20, messages.Count);
        Assert.All(messages, m => Assert.Equal(sent[m.Delivery.Id!.Value], Encoding.UTF8.GetString(m.Body)));
    }

    [Fact]
    public async Task Throttled_polls_are_tried_again_later()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(30);
        var polls = new ConcurrentQueue<bool>();
        _front.Fault = (action, _, call) =>
        {
            if (action != "ReceiveMessage" || polls.Count >= 8)
            {
                return call();
            }

            polls.Enqueue(true);
            return Task.FromResult(new JsonObject { ["__type"] = "com.amazonaws.sqs#RequestThrottled" });
        };
        await using var source = await ReceiveAsync(queue);

        Assert.Equal(30, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);
    }

    /// <summary>The entries at these indices never reach the server, and its answer calls them failed, or nothing.</summary>
    private static async Task<JsonObject> Partly(
        JsonObject question, Func<Task<JsonObject>> call, Func<int, bool> fails, string? code, bool senderFault)
    {
        var entries = question["Entries"]!.AsArray();
        var failing = entries.Where((_, i) => fails(i)).ToList();
        foreach (var entry in failing)
        {
            entries.Remove(entry);
        }

        var answer = entries.Count > 0 ? await call() : [];
        if (code is not null)
        {
            answer["Failed"] = new JsonArray([.. failing.Select(e => new JsonObject
            {
                ["Id"] = e!["Id"]!.DeepClone(), ["Code"] = code, ["SenderFault"] = senderFault ? "true" : "false",
            })]);
        }

        return answer;
    }

    private QueueSettings Settings(TestQueue queue) =>
        queue.Settings with { EndpointUrl = _front.Url, Protocol = QueueProtocol.Query };

    private Task<SqsMessageSource> ReceiveAsync(TestQueue queue, ReceiveOptions? options = null) =>
        queue.ReceiveAsync(options, settings: Settings(queue));
}
