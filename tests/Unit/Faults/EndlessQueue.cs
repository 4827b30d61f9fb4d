using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Unit.Faults;

/// <summary>
/// The few operations of SQS that a run needs, in memory and answered at once: no real server gives messages as fast.
/// Every message is another login, up to a number of them.
/// </summary>
internal sealed class EndlessQueue : IAsyncDisposable
{
    private const int Ten = 10;
    private readonly SqsProxy _proxy;
    private readonly long _messages;
    private readonly ConcurrentDictionary<string, byte> _inFlight = new();
    private long _given;

    public EndlessQueue(long messages)
    {
        _messages = messages;
        // Nothing is ever passed on.
        _proxy = new SqsProxy(new Uri("http://127.0.0.1:1/"), call => call.AnswerAsync(Answer(call)));
    }

    public Uri EndpointUrl => _proxy.EndpointUrl;

    /// <summary>Messages received so far.</summary>
    public long Given => Math.Min(_messages, Interlocked.Read(ref _given));

    /// <summary>Received, and not deleted.</summary>
    public int InFlight => _inFlight.Count;

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    private ProxiedAnswer Answer(ProxiedCall call) => call.Operation switch
    {
        SqsOperation.GetQueueUrl => ProxiedAnswer.Ok(new JsonObject { ["QueueUrl"] = "http://127.0.0.1/000000000000/endless" }),
        SqsOperation.GetQueueAttributes => ProxiedAnswer.Ok(new JsonObject { ["Attributes"] = Attributes() }),
        SqsOperation.ReceiveMessage => new ProxiedAnswer(200, Receive(call.Request["MaxNumberOfMessages"]!.GetValue<int>())),
        SqsOperation.DeleteMessageBatch => ProxiedAnswer.Ok(Delete(call.Request["Entries"]!.AsArray())),
        SqsOperation.ChangeMessageVisibilityBatch => ProxiedAnswer.Ok(Done(call.Request["Entries"]!.AsArray())),
        _ => ProxiedAnswer.Refused(400, "UnknownOperationException"),
    };

    private JsonObject Attributes() => new()
    {
        ["VisibilityTimeout"] = "600",
        ["ApproximateNumberOfMessages"] = (_messages - Given).ToString(CultureInfo.InvariantCulture),
        ["ApproximateNumberOfMessagesNotVisible"] = InFlight.ToString(CultureInfo.InvariantCulture),
        ["ApproximateNumberOfMessagesDelayed"] = "0",
    };

    private string Receive(int wanted)
    {
        var text = new StringBuilder("{\"Messages\":[");
        var sent = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (var i = 0; i < Math.Min(wanted, Ten); i++)
        {
            var number = Interlocked.Increment(ref _given);
            if (number > _messages)
            {
                break;
            }

            var handle = number.ToString(CultureInfo.InvariantCulture);
            _inFlight[handle] = 0;
            var body = string.Create(CultureInfo.InvariantCulture,
                $"{{\\\"user_id\\\":\\\"{number}\\\",\\\"app_version\\\":\\\"2.3.{number % 1000}\\\",\\\"device_type\\\":\\\"ios\\\",\\\"ip\\\":\\\"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\\\",\\\"locale\\\":\\\"DE\\\",\\\"device_id\\\":\\\"{number % 1000:000}-45-6789\\\"}}");
            text.Append(i > 0 ? "," : "").Append(CultureInfo.InvariantCulture,
                $"{{\"MessageId\":\"{IdOf(number)}\",\"ReceiptHandle\":\"{handle}\",\"MD5OfBody\":\"{Md5(body)}\",\"Body\":\"{body}\",\"Attributes\":{{\"SentTimestamp\":\"{sent}\",\"ApproximateReceiveCount\":\"1\"}}}}");
        }

        return text.Append("]}").ToString();
    }

    private JsonObject Delete(JsonArray entries)
    {
        foreach (var entry in entries)
        {
            _inFlight.TryRemove(entry!["ReceiptHandle"]!.GetValue<string>(), out _);
        }

        return Done(entries);
    }

    private static JsonObject Done(JsonArray entries) => new()
    {
        ["Successful"] = new JsonArray([.. entries.Select(e => new JsonObject { ["Id"] = e!["Id"]!.GetValue<string>() })]),
        ["Failed"] = new JsonArray(),
    };

    // The ledger's key is made of an id's last 74 bits: those of SQS are random, these count there.
    private static Guid IdOf(long number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], number);
        return new Guid(bytes, bigEndian: true);
    }

#pragma warning disable CA5351 // SQS's own checksum.
    private static string Md5(string escaped) =>
        Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(escaped.Replace("\\\"", "\"", StringComparison.Ordinal))));
#pragma warning restore CA5351
}
