using System.Diagnostics;
using System.Globalization;
using System.Text;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;

namespace LoginEtl.Aws.Conformance;

/// <summary>A queue that was made for trials, and what they do with it. What it does wrong is thrown as <see cref="SqsException"/>.</summary>
/// <param name="client">Connected to its server.</param>
/// <param name="name">Its name.</param>
/// <param name="url">As the server gave it.</param>
/// <param name="cancellationToken">Ends every call.</param>
internal sealed class TrialQueue(ISqsClient client, string name, string url, CancellationToken cancellationToken)
{
    /// <summary>Longer than a message takes from its send to a poll, wherever that is.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private int _marks;

    public ISqsClient Client => client;

    public string Name => name;

    public string Url => url;

    public CancellationToken Stop => cancellationToken;

    /// <summary>How the bodies of one trial begin, which tells them from those that an earlier one left.</summary>
    public string NewMark() => string.Create(CultureInfo.InvariantCulture, $"{++_marks}: ");

    /// <summary>Sends bodies in one batch; their ids as the server gave them.</summary>
    public Task<List<string?>> SendAsync(params IEnumerable<string> bodies) => SendAsync([.. bodies.Select(b => new SendMessageBatchRequestEntry { MessageBody = b })]);

    /// <summary>Sends entries in one batch, whose ids in it are their numbers; the messages' ids as the server gave them.</summary>
    public async Task<List<string?>> SendAsync(List<SendMessageBatchRequestEntry> entries)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            entries[i].Id ??= string.Create(CultureInfo.InvariantCulture, $"{i}");
        }

        var answer = await RetryAsync(() => client.SendMessageBatchAsync(new SendMessageBatchRequest(url, entries), cancellationToken)).ConfigureAwait(false);
        return answer.Failed is [var failed, ..]
            ? throw new SqsException("SendMessageBatch", SqsFault.Refused, SqsErrorCodes.Clean(failed.Code) ?? "Failed")
            : [.. (answer.Successful ?? []).OrderBy(e => int.TryParse(e.Id, CultureInfo.InvariantCulture, out var i) ? i : 0).Select(e => (string?)e.MessageId)];
    }

    /// <summary>Polls until so many of a trial's messages have come.</summary>
    /// <exception cref="TrialException">They have not within <see cref="Soon"/>.</exception>
    public async Task<List<SqsMessage>> ReceiveAsync(string mark, int count, int visibilityTimeout = 60, int most = SqsQuotas.EntriesPerCall)
    {
        var messages = await LookAsync(mark, count, Soon, visibilityTimeout, most).ConfigureAwait(false);
        return messages.Count >= count ? messages : throw new TrialException(string.Create(CultureInfo.InvariantCulture, $"{messages.Count} of {count} messages came within {Soon.TotalSeconds:0} s"));
    }

    /// <summary>Polls until so many of a trial's messages have come, or the time is over.</summary>
    public async Task<List<SqsMessage>> LookAsync(string mark, int count, TimeSpan within, int visibilityTimeout = 60, int most = SqsQuotas.EntriesPerCall)
    {
        var messages = new List<SqsMessage>();
        var clock = Stopwatch.StartNew();
        do
        {
            messages.AddRange((await PollAsync(1, visibilityTimeout, most, cancellationToken).ConfigureAwait(false)).Where(m => TextOf(m).StartsWith(mark, StringComparison.Ordinal)));
        }
        while (messages.Count < count && clock.Elapsed < within);

        return messages;
    }

    /// <summary>One poll.</summary>
    public async Task<List<SqsMessage>> PollAsync(int waitSeconds, int visibilityTimeout, int most, CancellationToken stop)
    {
        var answer = await RetryAsync(() => client.ReceiveMessageAsync(
            new ReceiveMessageRequest(url)
            {
                MaxNumberOfMessages = most,
                WaitTimeSeconds = waitSeconds,
                VisibilityTimeout = visibilityTimeout,
                MessageSystemAttributeNames = [.. MessageAttributes.All],
                MessageAttributeNames = ["All"],
            },
            stop)).ConfigureAwait(false);
        return [.. (answer.Messages ?? []).OfType<SqsMessage>()];
    }

    /// <summary>Deletes in one batch, whose ids in it are their numbers.</summary>
    public Task<DeleteMessageBatchResponse> DeleteAsync(params IEnumerable<string?> handles) =>
        RetryAsync(() => client.DeleteMessageBatchAsync(new DeleteMessageBatchRequest(url, [.. handles.Select((h, i) => new DeleteMessageBatchRequestEntry(Number(i), h))]), cancellationToken));

    /// <summary>Lets messages be seen after so many seconds from now.</summary>
    public Task<ChangeMessageVisibilityBatchResponse> HideAsync(int seconds, params IEnumerable<string?> handles) =>
        RetryAsync(() => client.ChangeMessageVisibilityBatchAsync(
            new ChangeMessageVisibilityBatchRequest(url, [.. handles.Select((h, i) => new ChangeMessageVisibilityBatchRequestEntry(Number(i), h) { VisibilityTimeout = seconds })]), cancellationToken));

    /// <summary>Deletes what a trial is done with. What is left is told from others' by its mark.</summary>
    public async Task DropAsync(IEnumerable<SqsMessage> messages)
    {
        foreach (var ten in messages.Chunk(SqsQuotas.EntriesPerCall))
        {
            await DeleteAsync(ten.Select(m => m.ReceiptHandle)).ConfigureAwait(false);
        }
    }

    /// <summary>What the queue says of itself.</summary>
    public async Task<IReadOnlyDictionary<string, string?>> AttributesAsync() =>
        (await RetryAsync(() => client.GetQueueAttributesAsync(new GetQueueAttributesRequest(url, ["All"]), cancellationToken)).ConfigureAwait(false)).Attributes
        ?? throw new SqsException("GetQueueAttributes", SqsFault.Garbled, "NoAttributes");

    /// <summary>The body; empty for none.</summary>
    public static string TextOf(SqsMessage message) => Encoding.UTF8.GetString(message.BodyBytes ?? []);

    /// <summary>When it was sent, in milliseconds of Unix time; null where the server does not say.</summary>
    public static long? SentOf(SqsMessage message) => message.Attributes.Number(MessageAttributes.SentTimestamp);

    /// <summary>How often it was received; null where the server does not say.</summary>
    public static long? CountOf(SqsMessage message) => message.Attributes.Number(MessageAttributes.ApproximateReceiveCount);

    /// <summary>The code that something was refused with; null where it was not.</summary>
    public static async Task<string?> RefusalAsync(Func<Task> call)
    {
        try
        {
            await call().ConfigureAwait(false);
            return null;
        }
        catch (SqsException e) when (e.Fault is SqsFault.Refused or SqsFault.NotFound)
        {
            return e.Code;
        }
    }

    private static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);

    private Task<T> RetryAsync<T>(Func<Task<T>> call) => QueueLookup.WithRetriesAsync(call, cancellationToken);
}
