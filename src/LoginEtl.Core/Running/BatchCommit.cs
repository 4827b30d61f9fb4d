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
        BatchResult result;
        try
        {
            result = await sink.WriteAsync(ours, cancellationToken).ConfigureAwait(false);
            if (result.Outcomes.Count != ours.Count)
            {
                throw new LoginEtlException(
                    "OutcomesMissing", FaultKind.Failed, $"The sink answered {result.Outcomes.Count} outcomes for {ours.Count} logins.",
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
        var deleted = dryRun ? Task.CompletedTask : Settle(ours, result.Outcomes);
        if (dryRun)
        {
            Release(ours, unknown: false);
        }

        return new CommittedBatch(new BatchReport(result.BatchId, ours, result.Outcomes, elapsed), deleted);
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
        for (var i = 0; i < batch.Count; i++)
        {
            All.Settle(outcomes[i]);
            if (batch[i].GetDelivery() is not QueueDelivery delivery)
            {
                Lines.Settle(outcomes[i]);
                continue;
            }

            // Settled first: its heartbeat ends before its delete.
            delivery.Book!.Settle(delivery, outcomes[i]);
            if (!byRun.TryGetValue(delivery.Book.Run!, out var settled))
            {
                byRun.Add(delivery.Book.Run!, settled = new List<QueueDelivery>(batch.Count));
            }

            settled.Add(delivery);
        }

        return Task.WhenAll(byRun.Select(r => DeleteAsync(r.Key, r.Value)));
    }

    private static async Task DeleteAsync(ReceivingRun run, List<QueueDelivery> settled)
    {
        try
        {
            // Not cancelled with the run: a committed message is to be deleted, and the source bounds the time.
            await run.DeleteAsync(settled, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            // A source that throws has said nothing about any of them.
            run.Book.CountUndeleted(settled.Count);
            throw;
        }
    }
}
