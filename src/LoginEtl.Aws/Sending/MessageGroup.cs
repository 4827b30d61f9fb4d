using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Queues;
using LoginEtl.Faults;

namespace LoginEtl.Aws.Sending;

/// <summary>What a FIFO queue asks of those who send (SQS API reference, SendMessage).</summary>
internal static class MessageGroup
{
    private const int LongestId = 128;
    private const string ByContent = "ContentBasedDeduplication";

    /// <exception cref="LoginEtlException"><c>MessageGroupMissing</c>, <c>MessageGroupInvalid</c>.</exception>
    public static void Check(string? id, SqsQueue queue)
    {
        if (id is null && queue.IsFifo)
        {
            throw new LoginEtlException(
                ErrorId.MessageGroupMissing,
                $"The queue '{queue.Name}' is a FIFO queue, whose messages need a message group, and none was given.",
                "Give the id of a message group, or send to a standard queue.");
        }

        // Letters, digits and punctuation of ASCII: all that prints, but the blank.
        if (id is not null && (id.Length is 0 or > LongestId || id.Any(c => c is <= ' ' or > '~')))
        {
            throw new LoginEtlException(
                ErrorId.MessageGroupInvalid,
                "The message group's id is not one that SQS takes.",
                $"Give 1 to {LongestId} letters, digits and punctuation marks.");
        }
    }

    /// <summary>Whether a FIFO queue makes deduplication ids itself; false for a standard queue.</summary>
    /// <exception cref="SqsException">It cannot be asked.</exception>
    public static async Task<bool> DeduplicatesByContentAsync(SqsQueue queue, CancellationToken cancellationToken)
    {
        if (!queue.IsFifo)
        {
            return false;
        }

        try
        {
            var answer = await QueueLookup.WithRetriesAsync(
                () => queue.Client.GetQueueAttributesAsync(
                    new GetQueueAttributesRequest(queue.Url, [ByContent]), cancellationToken),
                cancellationToken).ConfigureAwait(false);
            return bool.TryParse(answer.Attributes?.GetValueOrDefault(ByContent), out var byContent) && byContent;
        }
        catch (SqsException e) when (e.Fault == SqsFault.Denied)
        {
            // A producer's rights often leave attributes out. An id of our own is right for either kind of queue.
            return false;
        }
    }
}
