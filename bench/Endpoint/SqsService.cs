using System.Collections.Concurrent;
using System.Globalization;

namespace LoginEtl.Bench.Endpoint;

/// <summary>SQS's operations on standard queues. What is not here is refused, never left out in silence.</summary>
internal sealed class SqsService
{
    public const string NoSuchQueue = "QueueDoesNotExist";
    private const string NotValid = "InvalidParameterValue";
    private const string VisibilityTimeout = "VisibilityTimeout";
    private const string ReceiveWait = "ReceiveMessageWaitTimeSeconds";
    private readonly ConcurrentDictionary<string, MemoryQueue> _queues = new();

    public SqsAnswer Answer(SqsCall call)
    {
        if (call.Operation == "CreateQueue")
        {
            return Create(call);
        }

        return !_queues.TryGetValue(call.Queue, out var queue) ? new RefusedAnswer(NoSuchQueue) : call.Operation switch
        {
            "ReceiveMessage" => Receive(queue, call),
            "DeleteMessageBatch" => OfBatch(call, e => Delete(queue, e)),
            "DeleteMessage" => OfOne(call, e => Delete(queue, e)),
            "ChangeMessageVisibilityBatch" => OfBatch(call, e => Change(queue, e)),
            "ChangeMessageVisibility" => OfOne(call, e => Change(queue, e)),
            "SendMessageBatch" => OfBatch(call, e => new BatchResult(e.Id, queue.Send([new MessageBody(e.Body)])[0])),
            "SendMessage" when call.Entries.Count == 1 => new SentAnswer(queue.Send([new MessageBody(call.Entries[0].Body)])[0]),
            "GetQueueUrl" => new UrlAnswer(queue.Name),
            "GetQueueAttributes" => Attributes(queue, call),
            "DeleteQueue" => Drop(queue),
            _ => new RefusedAnswer("InvalidAction"),
        };
    }

    /// <summary>Makes a queue with so many login messages in it; the calls of a client would take longer than a round.</summary>
    public void Fill(string queue, int messages) => Fill(queue, SampleBodies.Take(messages));

    /// <summary>The same with bodies of the caller's.</summary>
    public void Fill(string queue, IEnumerable<MessageBody> bodies) =>
        _queues.GetOrAdd(queue, name => new MemoryQueue(name)).Send(bodies);

    public void Close()
    {
        foreach (var queue in _queues.Values)
        {
            queue.Close();
        }
    }

    private SqsAnswer Create(SqsCall call)
    {
        var seconds = new Dictionary<string, int>();
        foreach (var (name, value) in call.Attributes)
        {
            if (name is not (VisibilityTimeout or ReceiveWait)
                || !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return new RefusedAnswer("InvalidAttributeName");
            }

            seconds[name] = number;
        }

        if (call.Queue.Length == 0 || call.Queue.EndsWith(".fifo", StringComparison.Ordinal))
        {
            return new RefusedAnswer(NotValid);
        }

        _queues.TryAdd(call.Queue, new MemoryQueue(call.Queue)
        {
            VisibilityTimeout = TimeSpan.FromSeconds(seconds.GetValueOrDefault(VisibilityTimeout, 30)),
            ReceiveWait = TimeSpan.FromSeconds(seconds.GetValueOrDefault(ReceiveWait)),
        });
        return new UrlAnswer(call.Queue);
    }

    private static SqsAnswer Receive(MemoryQueue queue, SqsCall call) =>
        call is not { MaxMessages: >= 1 and <= 10, WaitSeconds: null or (>= 0 and <= 20), VisibilitySeconds: null or (>= 0 and <= 43_200) }
            ? new RefusedAnswer(NotValid)
            : new MessagesAnswer(
                queue.Receive(
                    call.MaxMessages,
                    call.WaitSeconds is { } wait ? TimeSpan.FromSeconds(wait) : queue.ReceiveWait,
                    call.VisibilitySeconds is { } lease ? TimeSpan.FromSeconds(lease) : queue.VisibilityTimeout),
                call);

    private static BatchResult Delete(MemoryQueue queue, SqsEntry entry)
    {
        if (entry.Receipt is not { } receipt)
        {
            return new BatchResult(entry.Id, Refused: "ReceiptHandleIsInvalid");
        }

        queue.Delete(receipt);
        return new BatchResult(entry.Id);
    }

    private static BatchResult Change(MemoryQueue queue, SqsEntry entry) =>
        entry.Receipt is not { } receipt ? new BatchResult(entry.Id, Refused: "ReceiptHandleIsInvalid")
        : entry.VisibilitySeconds is < 0 or > 43_200 ? new BatchResult(entry.Id, Refused: NotValid)
        : queue.ChangeVisibility(receipt, TimeSpan.FromSeconds(entry.VisibilitySeconds)) ? new BatchResult(entry.Id)
        : new BatchResult(entry.Id, Refused: "MessageNotInflight");

    private static SqsAnswer OfBatch(SqsCall call, Func<SqsEntry, BatchResult> settle) => call.Entries.Count switch
    {
        0 => new RefusedAnswer("EmptyBatchRequest"),
        > 10 => new RefusedAnswer("TooManyEntriesInBatchRequest"),
        var count when call.Entries.DistinctBy(e => e.Id).Count() < count => new RefusedAnswer("BatchEntryIdsNotDistinct"),
        _ => new BatchAnswer(call.Entries.ConvertAll(e => settle(e))),
    };

    private static SqsAnswer OfOne(SqsCall call, Func<SqsEntry, BatchResult> settle) =>
        call.Entries.Count != 1 ? new RefusedAnswer("MissingParameter")
        : settle(call.Entries[0]).Refused is { } code ? new RefusedAnswer(code)
        : new NothingAnswer();

    private static AttributesAnswer Attributes(MemoryQueue queue, SqsCall call)
    {
        var (visible, leased) = queue.Count();
        (string Name, string Value)[] all =
        [
            ("ApproximateNumberOfMessages", Text(visible)),
            ("ApproximateNumberOfMessagesNotVisible", Text(leased)),
            ("ApproximateNumberOfMessagesDelayed", "0"),
            // As of a queue that was made before SQS took larger ones (August 2025), or by somebody who knows what is sent.
            ("MaximumMessageSize", "262144"),
            (VisibilityTimeout, Text((long)queue.VisibilityTimeout.TotalSeconds)),
            (ReceiveWait, Text((long)queue.ReceiveWait.TotalSeconds)),
            ("CreatedTimestamp", Text(queue.Created.ToUnixTimeSeconds())),
            ("QueueArn", $"arn:aws:sqs:{SqsEndpoint.Region}:{SqsEndpoint.Account}:{queue.Name}"),
        ];
        return new AttributesAnswer([.. all.Where(a => call.Asks(a.Name))]);
    }

    private NothingAnswer Drop(MemoryQueue queue)
    {
        _queues.TryRemove(queue.Name, out _);
        queue.Close();
        return new NothingAnswer();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
