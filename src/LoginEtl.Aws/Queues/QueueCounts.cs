using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Queues;

/// <summary>A queue's approximate counts at one moment.</summary>
/// <param name="Visible">Ready to be received.</param>
/// <param name="InFlight">Received by somebody and not yet deleted.</param>
/// <param name="Delayed">Not ready yet.</param>
internal readonly record struct QueueCounts(long Visible, long InFlight, long Delayed)
{
    /// <summary>The attributes that hold them, in this order.</summary>
    public static readonly string[] Names =
        ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"];

    public static async Task<QueueCounts> ReadAsync(SqsQueue queue, CancellationToken cancellationToken)
    {
        var answer = await queue.Client
            .GetQueueAttributesAsync(new GetQueueAttributesRequest(queue.Url, [.. Names]), cancellationToken)
            .ConfigureAwait(false);
        return new QueueCounts(Count(0), Count(1), Count(2));

        long Count(int name) => answer.Attributes.Number(Names[name]) ?? throw new SqsException("GetQueueAttributes", SqsFault.Garbled, "NoCounts");
    }
}
