using System.Diagnostics;
using System.Globalization;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Receiving;

/// <summary>Deletes messages in batches, several at a time; entries that failed are tried again.</summary>
/// <param name="queue">Where they are.</param>
/// <param name="book">Where what remains is counted.</param>
/// <param name="activity">Told of what is still in the queue.</param>
/// <param name="timings">How long deletes are retried.</param>
/// <param name="refused">
/// Told when deleting is refused for good: then every message would come again for ever, so the run has to end.
/// </param>
internal sealed class MessageDeletion(
    SqsQueue queue, InFlightMessages book, ReceiveState activity, SqsTimings timings, Action<Exception> refused)
{
    private readonly ConcurrencyLimit _limit = new(least: 8, most: ReceiveOptions.MostReceivers);

    /// <summary>Never throws: what could not be deleted is counted as undeleted, and comes again as a duplicate.</summary>
    public async Task DeleteAsync(IReadOnlyCollection<QueueDelivery> settled, CancellationToken cancellationToken)
    {
        activity.DeletesBegun(settled.Count);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timings.DeleteWithin);
        var deleted = 0;
        await Parallel.ForEachAsync(
            settled.Chunk(SqsQuotas.EntriesPerCall),
            new ParallelOptions { MaxDegreeOfParallelism = ReceiveOptions.MostReceivers },
            async (deliveries, _) =>
                Interlocked.Add(ref deleted, await DeleteBatchAsync(deliveries, limit.Token).ConfigureAwait(false)))
            .ConfigureAwait(false);
        if (deleted < settled.Count)
        {
            book.CountUndeleted(settled.Count - deleted);
        }
    }

    private async Task<int> DeleteBatchAsync(QueueDelivery[] deliveries, CancellationToken cancellationToken)
    {
        var left = deliveries.ToList();
        var undeleted = new List<QueueDelivery>();
        try
        {
            for (var attempt = 1; left.Count > 0 && !cancellationToken.IsCancellationRequested; attempt++)
            {
                undeleted.AddRange(await TryAsync(left, cancellationToken).ConfigureAwait(false));
                if (left.Count > 0)
                {
                    await Task.Delay(Backoff.Delay(attempt), cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (SqsException e) when (e.Fault is SqsFault.Denied or SqsFault.NotFound)
        {
            refused(queue.Faults.Explain(e));
        }
        catch (Exception e) when (e is SqsException or OperationCanceledException)
        {
            // Counted as undeleted.
        }

        undeleted.AddRange(left);
        activity.DeletesEnded(deliveries.Length, undeleted);
        return deliveries.Length - undeleted.Count;
    }

    /// <summary>Takes out of <paramref name="left"/> what need not be tried again; answers those of them that failed.</summary>
    private async Task<List<QueueDelivery>> TryAsync(List<QueueDelivery> left, CancellationToken cancellationToken)
    {
        var entries = left
            .Select((d, i) => new DeleteMessageBatchRequestEntry(i.ToString(CultureInfo.InvariantCulture), d.ReceiptHandle))
            .ToList();
        DeleteMessageBatchResponse answer;
        await _limit.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var began = Stopwatch.GetTimestamp();
            answer = await queue.Client
                .DeleteMessageBatchAsync(new DeleteMessageBatchRequest(queue.Url, entries), cancellationToken)
                .ConfigureAwait(false);
            _limit.Completed(Stopwatch.GetElapsedTime(began));
        }
        catch (SqsException e) when (e.IsTransient)
        {
            _limit.Failed();
            return [];
        }
        finally
        {
            _limit.Leave();
        }

        var gone = BatchEntries.Succeeded(answer, left.Count);
        var final = BatchEntries.FailedForGood(answer.Failed, left.Count);
        final.ExceptWith(gone);
        var failed = final.Select(i => left[i]).ToList();
        var open = left.Where((_, i) => !gone.Contains(i) && !final.Contains(i)).ToList();
        left.Clear();
        left.AddRange(open);
        return failed;
    }
}
