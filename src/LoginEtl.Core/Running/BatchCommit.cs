using System.Diagnostics;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Settlement;

namespace LoginEtl.Running;

/// <summary>
/// Takes one batch through its transaction and then, and only then, to the settlement of its messages (G1). Not
/// thread-safe.
/// </summary>
internal sealed class BatchCommit(IRecordSink sink, bool dryRun)
{
    private readonly HeldGroups _held = new();

    /// <summary>Books of what came from no queue: lines of text have nothing to delete.</summary>
    public WriterBook Lines { get; } = new();

    /// <summary>Books of all that came to this writer.</summary>
    public WriterBook All { get; } = new();

    /// <summary>
    /// Commits what is still there to settle. The deletes are the caller's to await, so that the next transaction can
    /// run beside them.
    /// </summary>
    /// <exception cref="LoginEtlException">Nothing was committed, or it is not known whether it was.</exception>
    public async Task<CommittedBatch> WriteAsync(IReadOnlyList<ProtectedLogin> batch, CancellationToken cancellationToken)
    {
        // What was returned to the queue while it waited here is no longer ours: it comes again.
        var ours = batch.Where(l => l.GetDelivery() is not QueueDelivery d || d.Book!.BeginCommit(d)).ToList();
        All.Settle(Outcome.Returned, batch.Count - ours.Count);
        if (ours.Count == 0)
        {
            return new CommittedBatch(new BatchReport(Guid.Empty, [], [], TimeSpan.Zero), Task.CompletedTask);
        }

        var started = Stopwatch.GetTimestamp();
        var writable = ours.Where(l => !_held.Holds(l)).ToList();
        BatchResult result;
        try
        {
            result = writable.Count == 0 ? new BatchResult(Guid.Empty, []) : await sink.WriteAsync(writable, cancellationToken).ConfigureAwait(false);
            if (result.Outcomes.Count != writable.Count)
            {
                throw new LoginEtlException(
                    "OutcomesMissing", FaultKind.Failed, $"The sink answered {result.Outcomes.Count} outcomes for {writable.Count} logins.",
                    "This is a defect: please report it. The messages come again and are duplicates if they were written.")
                { CommitUnknown = true };
            }
        }
        catch (Exception e)
        {
            Release(ours, unknown: e is LoginEtlException { CommitUnknown: true });
            throw;
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        var outcomes = writable.Count == ours.Count ? result.Outcomes : WithHeld(ours, writable, result.Outcomes);
        foreach (var group in result.Held)
        {
            _held.Hold(group);
        }

        var deleted = dryRun ? Task.CompletedTask : Settle(ours, outcomes);
        if (dryRun)
        {
            Release(ours, unknown: false);
        }

        return new CommittedBatch(new BatchReport(result.BatchId, ours, outcomes, elapsed) { Held = result.Held }, deleted);
    }

    /// <summary>The outcomes of all, those of earlier held groups among them.</summary>
    private static List<Outcome> WithHeld(List<ProtectedLogin> all, List<ProtectedLogin> written, IReadOnlyList<Outcome> outcomes)
    {
        var merged = new List<Outcome>(all.Count);
        var next = 0;
        foreach (var login in all)
        {
            merged.Add(next < written.Count && ReferenceEquals(login, written[next]) ? outcomes[next++] : Outcome.Returned);
        }

        return merged;
    }

    private void Release(List<ProtectedLogin> batch, bool unknown)
    {
        All.Settle(unknown ? Outcome.Unknown : Outcome.Returned, batch.Count);
        foreach (var login in batch)
        {
            if (login.GetDelivery() is not QueueDelivery delivery)
            {
                Lines.Settle(unknown ? Outcome.Unknown : Outcome.Returned);
            }
            else if (unknown)
            {
                delivery.Book!.Settle(delivery, Outcome.Unknown);
            }
            else
            {
                delivery.Book!.RollBack(delivery);
            }
        }
    }

    private Task Settle(List<ProtectedLogin> batch, IReadOnlyList<Outcome> outcomes)
    {
        var byRun = new Dictionary<ReceivingRun, List<QueueDelivery>>();
        var back = new Dictionary<ReceivingRun, List<QueueDelivery>>();
        for (var i = 0; i < batch.Count; i++)
        {
            All.Settle(outcomes[i]);
            if (batch[i].GetDelivery() is not QueueDelivery delivery)
            {
                Lines.Settle(outcomes[i]);
                continue;
            }

            if (outcomes[i] == Outcome.Returned)
            {
                delivery.Book!.HoldBack(delivery);
                Of(back, delivery).Add(delivery);
                continue;
            }

            // Settled first: its heartbeat ends before its delete.
            delivery.Book!.Settle(delivery, outcomes[i]);
            Of(byRun, delivery).Add(delivery);
        }

        foreach (var (run, deliveries) in back)
        {
            run.KeepBack(deliveries);
        }

        return Task.WhenAll(byRun.Select(r => r.Key.DeleteAsync(r.Value)));
    }

    private static List<QueueDelivery> Of(Dictionary<ReceivingRun, List<QueueDelivery>> runs, QueueDelivery delivery)
    {
        var run = delivery.Book!.Run!;
        return runs.TryGetValue(run, out var deliveries) ? deliveries : runs[run] = [];
    }
}
