using System.Globalization;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Queues;
using LoginEtl.Faults;
using LoginEtl.Ports;
using LoginEtl.Records;

namespace LoginEtl.Aws.Sending;

/// <summary>Sends bodies in batches, several at a time; entries that failed are tried again.</summary>
/// <param name="queue">Where to. It is disposed of with this.</param>
/// <param name="timings">How long entries that fail are tried again.</param>
/// <param name="byContent">Whether the queue, a FIFO queue, makes deduplication ids of the bodies itself.</param>
internal sealed class SqsMessageSender(SqsQueue queue, SqsTimings timings, bool byContent = false) : IMessageSender
{
    private const int Concurrency = 8;

    /// <inheritdoc/>
    public string Name => queue.Name;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MessageId>> SendAsync(
        IReadOnlyList<string> bodies, string? messageGroupId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bodies);
        MessageGroup.Check(messageGroupId, queue);
        var ids = await SendAsync(
            [.. bodies.Select((body, i) => Entry(body, i, messageGroupId))], SendBatches.Of(bodies), isSkipping: false, cancellationToken).ConfigureAwait(false);
        return [.. ids.Select(id => id!.Value)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MessageId?>> ForwardAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var entries = messages.Select(ForwardedMessage.Entry).ToArray();
        return await SendAsync(entries, SendBatches.Of([.. entries.Select(ForwardedMessage.Size)]), isSkipping: true, cancellationToken).ConfigureAwait(false);
    }

    private async Task<MessageId?[]> SendAsync(
        SendMessageBatchRequestEntry[] entries, IReadOnlyList<Range> batches, bool isSkipping, CancellationToken cancellationToken)
    {
        var ids = new MessageId?[entries.Length];
        await Parallel.ForEachAsync(
            batches,
            new ParallelOptions
            {
                // Order is that of arrival.
                MaxDegreeOfParallelism = queue.IsFifo ? 1 : Concurrency,
                CancellationToken = cancellationToken,
            },
            async (batch, token) => await SendBatchAsync(entries, batch, ids, isSkipping, token).ConfigureAwait(false))
            .ConfigureAwait(false);
        return ids;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        queue.Client.Dispose();
        return ValueTask.CompletedTask;
    }

    private SendMessageBatchRequestEntry Entry(string body, int index, string? group) =>
        new(index.ToString(CultureInfo.InvariantCulture), body)
        {
            MessageGroupId = group,
            // An entry that is sent again keeps it.
            MessageDeduplicationId = queue.IsFifo && !byContent ? Guid.NewGuid().ToString() : null,
        };

    /// <param name="entries">All of them.</param>
    /// <param name="batch">Which of them.</param>
    /// <param name="ids">Where their ids go.</param>
    /// <param name="isSkipping">What is refused keeps no other back.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async Task SendBatchAsync(
        SendMessageBatchRequestEntry[] entries, Range batch, MessageId?[] ids, bool isSkipping, CancellationToken cancellationToken)
    {
        var (first, count) = batch.GetOffsetAndLength(entries.Length);
        var left = Enumerable.Range(first, count).ToHashSet();
        var until = Environment.TickCount64 + (long)timings.SendWithin.TotalMilliseconds;
        for (var attempt = 1; ; attempt++)
        {
            SqsException failure;
            int? refused = null;
            try
            {
                (failure, refused) = await TryAsync(entries, left, ids, cancellationToken).ConfigureAwait(false);
            }
            catch (SqsException e)
            {
                failure = e;
            }

            if (left.Count == 0)
            {
                return;
            }

            if (failure.Fault == SqsFault.Refused && isSkipping)
            {
                if (refused is null && left.Count > 1)
                {
                    // The request as a whole: one of them, or all of them together.
                    foreach (var one in left.Order())
                    {
                        await SendBatchAsync(entries, one..(one + 1), ids, isSkipping, cancellationToken).ConfigureAwait(false);
                    }

                    return;
                }

                left.Remove(refused ?? left.First());
                if (left.Count == 0)
                {
                    return;
                }

                continue;
            }

            if (!failure.IsTransient || Environment.TickCount64 >= until)
            {
                throw failure.Fault == SqsFault.Refused ? Refused(failure, refused is { } only ? [only] : left) : queue.Faults.Explain(failure);
            }

            await Task.Delay(Backoff.Delay(attempt), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes what was sent out of <paramref name="left"/>; answers why the rest was not, and one that never will be.</summary>
    private async Task<(SqsException Why, int? Refused)> TryAsync(
        SendMessageBatchRequestEntry[] entries, HashSet<int> left, MessageId?[] ids, CancellationToken cancellationToken)
    {
        var now = left.Order().Select(i => entries[i]).ToList();
        var answer = await queue.Client
            .SendMessageBatchAsync(new SendMessageBatchRequest(queue.Url, now), cancellationToken)
            .ConfigureAwait(false);
        foreach (var sent in answer.Successful ?? [])
        {
            if (int.TryParse(sent?.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var i)
                && sent?.MessageId is { Length: > 0 } id && left.Remove(i))
            {
                ids[i] = new MessageId(id);
            }
        }

        var failed = answer.Failed?.FirstOrDefault(
            e => e is not null && !SqsErrorCodes.IsTransient(e));
        return failed is not { Code: var code, Id: var number } ? (new SqsException("SendMessageBatch", SqsFault.Unavailable, "FailedEntries"), null)
            : (new SqsException("SendMessageBatch", SqsFault.Refused, SqsErrorCodes.Clean(code) ?? "refused"),
                int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var one) && left.Contains(one) ? one : null);
    }

    private LoginEtlException Refused(SqsException e, HashSet<int> left) => new(
        ErrorId.BodyRefused,
        $"The queue '{queue.Name}' refused to take {Which(left)}: {e.Code}.",
        "SQS takes at most 1 MiB a message, and no control characters but tab and line ends. Other bodies may have been "
        + "sent.",
        e);

    private static string Which(HashSet<int> left) => left.Count == 1
        ? $"body {left.First() + 1}"
        : $"one of the bodies {left.Min() + 1} to {left.Max() + 1}";
}
