using System.Globalization;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;
using LoginEtl.Run;

namespace LoginEtl.Aws.Receiving;

/// <summary>Makes messages visible again at once, as far as the short time of a stopping run allows.</summary>
internal sealed class MessageReturn(SqsQueue queue, InFlightMessages book, SqsTimings timings)
{
    private const int Concurrency = 16;

    /// <summary>Never throws: what could not be returned has lapsed, and is visible when its timeout passes.</summary>
    public async Task ReturnAsync(IReadOnlyCollection<QueueDelivery> unsettled, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timings.ReturnWithin);
        await Parallel.ForEachAsync(
            unsettled.Chunk(SqsQuotas.EntriesPerCall),
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency },
            async (deliveries, _) => await ReturnBatchAsync(deliveries, limit.Token).ConfigureAwait(false))
            .ConfigureAwait(false);
    }

    private async Task ReturnBatchAsync(QueueDelivery[] deliveries, CancellationToken cancellationToken)
    {
        var returned = new HashSet<int>();
        try
        {
            for (var attempt = 1; !cancellationToken.IsCancellationRequested; attempt++)
            {
                if (await TryAsync(deliveries, returned, cancellationToken).ConfigureAwait(false))
                {
                    break;
                }

                await Task.Delay(Backoff.Delay(attempt), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SqsException or OperationCanceledException)
        {
            // The rest has lapsed.
        }

        for (var i = 0; i < deliveries.Length; i++)
        {
            book.Settle(deliveries[i], returned.Contains(i) ? Outcome.Returned : Outcome.Lapsed);
        }
    }

    /// <summary>Whether nothing is left that another try would help.</summary>
    private async Task<bool> TryAsync(
        QueueDelivery[] deliveries, HashSet<int> returned, CancellationToken cancellationToken)
    {
        var entries = deliveries
            .Select((d, i) => (Index: i, d.ReceiptHandle))
            .Where(e => !returned.Contains(e.Index))
            .Select(e => new ChangeMessageVisibilityBatchRequestEntry(
                e.Index.ToString(CultureInfo.InvariantCulture), e.ReceiptHandle)
            { VisibilityTimeout = 0 })
            .ToList();
        try
        {
            var answer = await queue.Client
                .ChangeMessageVisibilityBatchAsync(
                    new ChangeMessageVisibilityBatchRequest(queue.Url, entries), cancellationToken)
                .ConfigureAwait(false);
            returned.UnionWith(BatchEntries.Succeeded(answer, deliveries.Length));
            return returned.Count + BatchEntries.FailedForGood(answer.Failed, deliveries.Length).Count >= deliveries.Length;
        }
        catch (SqsException e) when (e.IsTransient)
        {
            return false;
        }
    }
}
