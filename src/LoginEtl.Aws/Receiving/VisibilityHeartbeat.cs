using System.Globalization;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Telemetry;

namespace LoginEtl.Aws.Receiving;

/// <summary>
/// The heartbeat: keeps what is held invisible. A lease that has run for a quarter of its length is renewed at every
/// beat, so that a failed call is made good by the next. It ends before a message's delete or return is asked for.
/// </summary>
internal sealed class VisibilityHeartbeat(SqsQueue queue, VisibilityTerms lease, InFlightMessages book, SqsTimings timings)
{
    private const int Concurrency = 8;

    // A minute for the clocks.
    private static readonly TimeSpan Longest = SqsQuotas.LongestHold - TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly HashSet<QueueDelivery> _released = [];
    private readonly HashSet<Task> _underWay = [];
    private long? _failingSince;

    /// <summary>No extension has succeeded for so long that leases are running out.</summary>
    public bool AreRunningOut
    {
        get { lock (_lock) { return Environment.TickCount64 - _failingSince >= lease.Timeout.TotalMilliseconds / 2; } }
    }

    /// <summary>Runs until it is cancelled.</summary>
    /// <exception cref="LoginEtlException">Extending is not allowed: what is held would come again and again.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(lease.Beat);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            await BeatAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>From here on no extension of these is begun; waits, bounded, for those that are under way.</summary>
    public async Task ReleaseAsync(
        IReadOnlyCollection<QueueDelivery> deliveries, TimeSpan within, CancellationToken cancellationToken)
    {
        Task[] underWay;
        lock (_lock)
        {
            _released.UnionWith(deliveries);
            underWay = [.. _underWay];
        }

        if (underWay.Length > 0)
        {
            await Task.WhenAny(Task.WhenAll(underWay), Task.Delay(within, cancellationToken)).ConfigureAwait(false);
        }
    }

    /// <summary>They are settled now, and the book knows.</summary>
    public void Forget(IReadOnlyCollection<QueueDelivery> deliveries)
    {
        lock (_lock)
        {
            _released.ExceptWith(deliveries);
        }
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        var now = DateTimeOffset.UtcNow;
        var due = book.Leased().Where(d => IsDue(now - d.ReceivedAt)).Chunk(SqsQuotas.EntriesPerCall).ToArray();
        if (due.Length == 0)
        {
            // Nothing that is held is old enough to run out.
            Note(failed: false);
        }

        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (deliveries, token) => await ExtendAsync(deliveries, token).ConfigureAwait(false))
            .ConfigureAwait(false);
    }

    // An age below zero: the clock was set back.
    private bool IsDue(TimeSpan age) => age < TimeSpan.Zero || (age >= lease.Beat && age < timings.HoldAtMost);

    private async Task ExtendAsync(QueueDelivery[] deliveries, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        List<ChangeMessageVisibilityBatchRequestEntry> entries;
        lock (_lock)
        {
            entries = [.. deliveries.Where(d => book.Leases(d) && !_released.Contains(d)).Select(Entry)];
            if (entries.Count == 0)
            {
                return;
            }

            _underWay.Add(done.Task);
        }

        // One silent connection must not cost the leases of all others.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(lease.Timeout / 2);
        try
        {
            // Entries that fail have expired or gone: nothing to be done about them, and the next beat tries again.
            await queue.Client
                .ChangeMessageVisibilityBatchAsync(
                    new ChangeMessageVisibilityBatchRequest(queue.Url, entries), limit.Token)
                .ConfigureAwait(false);
            RunMetrics.Extended(queue.Name, entries.Count);
            Note(failed: false);
        }
        catch (SqsException e) when (e.Fault is SqsFault.Denied or SqsFault.NotFound)
        {
            throw queue.Faults.Explain(e);
        }
        catch (SqsException)
        {
            // The next beat tries again.
            Note(failed: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The same.
            Note(failed: true);
        }
        finally
        {
            lock (_lock)
            {
                _underWay.Remove(done.Task);
            }

            done.SetResult();
        }
    }

    private void Note(bool failed)
    {
        lock (_lock)
        {
            _failingSince = failed ? _failingSince ?? Environment.TickCount64 : null;
        }
    }

    private ChangeMessageVisibilityBatchRequestEntry Entry(QueueDelivery delivery, int index)
    {
        var left = Longest - (DateTimeOffset.UtcNow - delivery.ReceivedAt);
        var seconds = (int)Math.Ceiling(Math.Min(lease.Timeout.TotalSeconds, left.TotalSeconds));
        return new ChangeMessageVisibilityBatchRequestEntry(
            index.ToString(CultureInfo.InvariantCulture), delivery.ReceiptHandle)
        { VisibilityTimeout = seconds };
    }
}
