using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Records;
using LoginEtl.Sandbox.Demo;
using LoginEtl.Unit.Faults.Messages;

namespace LoginEtl.Unit.Faults;

/// <summary>A queue as the server sees it, beside the proxy.</summary>
internal sealed class ScenarioQueue(SqsCalls calls, string url)
{
    /// <summary>What the name of a FIFO queue ends with.</summary>
    public const string FifoSuffix = ".fifo";

    private const int Ten = 10;
    private const int IdInOrigin = 3;
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, string> _origins = [];

    public static async Task<ScenarioQueue> CreateAsync(SqsCalls calls, string name, int visibilityTimeout)
    {
        var attributes = new JsonObject { ["VisibilityTimeout"] = visibilityTimeout.ToString(CultureInfo.InvariantCulture) };
        if (name.EndsWith(FifoSuffix, StringComparison.Ordinal))
        {
            attributes["FifoQueue"] = "true";
        }

        var answer = await calls.CallAsync("CreateQueue", new JsonObject { ["QueueName"] = name, ["Attributes"] = attributes }, CancellationToken.None);
        return new ScenarioQueue(calls, answer["QueueUrl"]!.GetValue<string>());
    }

    /// <summary>Sends, and answers what the queue has taken.</summary>
    public async Task<IReadOnlyList<SentMessage>> SendAsync(IReadOnlyList<Login> logins)
    {
        var sent = new List<SentMessage>(logins.Count);
        foreach (var batch in Batches(logins))
        {
            var answer = await calls.CallAsync("SendMessageBatch", new JsonObject
            {
                ["QueueUrl"] = url,
                ["Entries"] = new JsonArray([.. batch.Select(Entry)]),
            }, CancellationToken.None);
            var ids = answer["Successful"]!.AsArray().ToDictionary(
                e => int.Parse(e!["Id"]!.GetValue<string>(), CultureInfo.InvariantCulture), e => e!["MessageId"]!.GetValue<string>());
            sent.AddRange(batch.Select((login, index) => new SentMessage(ids[index], login.UserId, login.Fate, login.Group, login.Version)
            {
                Reason = login.Reason,
                Envelope = login.Envelope,
            }));
        }

        return sent;
    }

    /// <summary>
    /// The ids of all its messages, when all leases have run out; they are visible after it. Of a FIFO queue at once:
    /// it gives nobody what stands behind the first of a group.
    /// </summary>
    public Task<IReadOnlySet<string>> LookAsync() => url.EndsWith(FifoSuffix, StringComparison.Ordinal) ? InspectAsync() : LookAsync(LongestWait);

    /// <summary>The ids of the messages that can be received now; they are visible after it.</summary>
    public Task<IReadOnlySet<string>> VisibleAsync() => LookAsync(TimeSpan.Zero);

    /// <summary>Which message each of those is that were moved here, by the attribute that they carry: its own id, and the first one.</summary>
    public async Task<IReadOnlyDictionary<string, string>> OriginsAsync()
    {
        _origins.Clear();
        await LookAsync(LongestWait);
        return _origins.ToDictionary();
    }

    // Receives all the while: servers may look at leases that have run out only then.
    private async Task<IReadOnlySet<string>> LookAsync(TimeSpan atMost)
    {
        var seen = new Dictionary<string, string>();
        for (var until = DateTime.UtcNow + atMost; ;)
        {
            var answer = await calls.CallAsync("ReceiveMessage", new JsonObject
            {
                ["QueueUrl"] = url,
                ["MaxNumberOfMessages"] = Ten,
                ["VisibilityTimeout"] = 60,
                ["MessageAttributeNames"] = new JsonArray(MessageOrigin.Attribute),
            }, CancellationToken.None);
            foreach (var message in answer["Messages"]?.AsArray() ?? [])
            {
                var id = message!["MessageId"]!.GetValue<string>();
                seen[id] = message["ReceiptHandle"]!.GetValue<string>();
                if (message["MessageAttributes"]?[MessageOrigin.Attribute]?["StringValue"]?.GetValue<string>() is { } origin)
                {
                    _origins[id] = origin.Split(';')[IdInOrigin];
                }
            }

            if (answer["Messages"] is null or JsonArray { Count: 0 })
            {
                if ((await CountsAsync()).InFlight <= seen.Count || DateTime.UtcNow >= until)
                {
                    break;
                }

                await Task.Delay(Recheck);
            }
        }

        await new DemoQueue("", url, "").MakeVisibleAsync(calls, seen.Values, CancellationToken.None);
        return seen.Keys.ToHashSet();
    }

    public async Task<(int Visible, int InFlight)> CountsAsync()
    {
        var answer = await calls.CallAsync("GetQueueAttributes", new JsonObject { ["QueueUrl"] = url, ["AttributeNames"] = new JsonArray("All") }, CancellationToken.None);
        int Count(string name) => int.Parse(answer["Attributes"]![name]!.GetValue<string>(), CultureInfo.InvariantCulture);
        return (Count("ApproximateNumberOfMessages"), Count("ApproximateNumberOfMessagesNotVisible"));
    }

    public Task DeleteAsync() => calls.CallAsync("DeleteQueue", new JsonObject { ["QueueUrl"] = url }, CancellationToken.None);

    // An address of the server that looks without receiving.
    private async Task<IReadOnlySet<string>> InspectAsync()
    {
        var address = new Uri(url);
        var inside = await calls.GetAsync($"_fauxqs/queues/{address.Segments[^1]}", CancellationToken.None);
        var messages = inside["messages"]!;
        return messages["ready"]!.AsArray().Concat(messages["delayed"]!.AsArray()).Concat(messages["inflight"]!.AsArray().Select(e => e!["message"]))
            .Select(m => m!["messageId"]!.GetValue<string>()).ToHashSet();
    }

    // Ten, and no more bytes than one message may have.
    private static IEnumerable<IReadOnlyList<Login>> Batches(IEnumerable<Login> logins)
    {
        var (batch, bytes) = (new List<Login>(), 0);
        foreach (var login in logins)
        {
            var length = Encoding.UTF8.GetByteCount(login.Body);
            if (batch.Count == Ten || bytes + length > Padding.Largest)
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }

            batch.Add(login);
            bytes += length;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private static JsonObject Entry(Login login, int index)
    {
        var entry = new JsonObject { ["Id"] = index.ToString(CultureInfo.InvariantCulture), ["MessageBody"] = login.Body };
        if (login.Group is { } group)
        {
            entry["MessageGroupId"] = group;
            entry["MessageDeduplicationId"] = Guid.NewGuid().ToString();
        }

        return entry;
    }
}
