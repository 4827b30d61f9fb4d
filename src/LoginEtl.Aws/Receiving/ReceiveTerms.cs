using System.Globalization;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;

namespace LoginEtl.Aws.Receiving;

/// <summary>What a queue's attributes say to whoever receives from it.</summary>
/// <param name="Lease">How long what is received stays invisible.</param>
/// <param name="LargestBody">Bytes of the largest body that it takes; as much as SQS takes where the server does not say.</param>
internal sealed record ReceiveTerms(VisibilityTerms Lease, int LargestBody)
{
    private const string Timeout = "VisibilityTimeout";
    private const string Largest = "MaximumMessageSize";

    /// <exception cref="SqsException">The call failed, or the answer has no timeout.</exception>
    public static async Task<ReceiveTerms> ReadAsync(SqsQueue queue, CancellationToken cancellationToken)
    {
        // All of them: a server that does not know the name of one may refuse the call.
        var answer = await QueueLookup.WithRetriesAsync(
            () => queue.Client.GetQueueAttributesAsync(new GetQueueAttributesRequest(queue.Url, ["All"]), cancellationToken), cancellationToken).ConfigureAwait(false);
        return Of(answer.Attributes ?? []);
    }

    /// <exception cref="SqsException">They have no timeout.</exception>
    public static ReceiveTerms Of(IReadOnlyDictionary<string, string> attributes) => new(
        Number(attributes, Timeout) is { } seconds ? VisibilityTerms.Of(seconds) : throw new SqsException("GetQueueAttributes", SqsFault.Garbled, "NoVisibilityTimeout"),
        Number(attributes, Largest) is > 0 and < SqsQuotas.BatchBytes and var bytes ? bytes : SqsQuotas.BatchBytes);

    private static int? Number(IReadOnlyDictionary<string, string> attributes, string name) =>
        attributes.GetValueOrDefault(name) is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
