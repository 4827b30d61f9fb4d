using System.Diagnostics;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Telemetry;

namespace LoginEtl.Run;

/// <summary>
/// Takes one batch through its transaction and then, and only then, to the settlement of its messages (G1). Not
/// thread-safe.
/// </summary>
internal sealed class BatchCommit(IRecordSink sink, bool dryRun)
{
    // Each takes a change of keys that comes between two tries.
    private const int MostTries = 10;

    private readonly HeldGroups _held = new();

    /// <summary>Books of what came from no queue: lines of text have nothing to delete.</summary>
    public WriterCounts Lines { get; } = new();

    /// <summary>Books of all that came to this writer.</summary>
    public WriterCounts All { get; } = new();

    /// <summary>Of a batch whose key is retired: its messages, received again, would be masked under one that is not.</summary>
    public bool WouldBeMaskedAgain { get; private set; }

    /// <summary>
    /// Commits what is still there to settle. The deletes are the caller's to await, so that the next transaction can
    /// run beside them.
    /// </summary>
    /// <exception cref="LoginEtlException">Nothing was committed, or it is not known whether it was.</exception>
    public async Task<CommittedBatch> CommitAsync(IReadOnlyList<ProtectedLogin> batch, CancellationToken cancellationToken)
    {
        // What was returned to the queue while it waited here is no longer ours: it comes again.
        var ours = batch.Where(l => l.GetDelivery() is not QueueDelivery d || d.Run.Book.BeginCommit(d)).ToList();
        All.Settle(Outcome.Returned, batch.Count - ours.Count);
        if (ours.Count == 0)
        {
            return new CommittedBatch(new BatchReport(Guid.Empty, [], [], TimeSpan.Zero), Task.CompletedTask);
        }

        using var span = dryRun ? null : BatchSpan.Begin(ours);
        var started = Stopwatch.GetTimestamp();
        var byHold = ours.ToLookup(_held.Holds);
        var writable = byHold[false].ToList();
        BatchResult result;
        try
        {
            result = writable.Count == 0 ? new BatchResult(Guid.Empty, []) : await WriteAsync(writable, cancellationToken).ConfigureAwait(false);
            if (result.Outcomes.Count != writable.Count)
            {
                throw new LoginEtlException(
                    ErrorId.OutcomesMissing, $"The sink answered {result.Outcomes.Count} outcomes for {writable.Count} logins.",
                    "This is a defect: please report it. The messages come again and are duplicates if they were written.")
                { CommitUnknown = true };
            }
        }
        catch (Exception e)
        {
            BatchSpan.Fail(span, e);
            if (e is LoginEtlException { CommitUnknown: true })
            {
                // Only what was in the transaction: what is held was left out of it.
                Release(writable, Outcome.Unknown);
                All.Settle(Outcome.Returned, ours.Count - writable.Count);
                HoldBack(byHold[true].Select(l => (QueueDelivery)l.GetDelivery()));
            }
            else
            {
                Release(ours, Outcome.Returned);
            }

            throw;
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        var outcomes = writable.Count == ours.Count ? result.Outcomes : WithHeld(ours, writable, result.Outcomes);
        foreach (var group in result.Held)
        {
            _held.Hold(group);
        }

        var deleted = dryRun ? Task.CompletedTask : Settle(ours, outcomes, result.SuppressedAccepted);
        if (dryRun)
        {
            Release(ours, Outcome.Returned);
        }
        else if (writable.Count > 0)
        {
            Measure(writable, result, elapsed);
        }

        var report = new BatchReport(result.BatchId, ours, outcomes, elapsed) { Held = result.Held, Notices = [.. result.Notices, .. KeyFollowing.Notices(ours)], Refused = result.Refused };
        BatchSpan.End(span, report);
        return new CommittedBatch(report, deleted);
    }

    private static void Measure(List<ProtectedLogin> written, BatchResult result, TimeSpan elapsed)
    {
        RunMetrics.Committed(written.Count, elapsed);
        for (var i = 0; i < written.Count; i++)
        {
            if (result.Outcomes[i] == Outcome.Quarantined && written[i] is SealedReject reject)
            {
                RunMetrics.Rejected(reject.GetRejection().Reason.Code());
            }
            else if (RunMetrics.AgesAreHeard && result.Outcomes[i] is Outcome.Written or Outcome.Updated && written[i].SentTimestamp is { } sent)
            {
                RunMetrics.Written(written[i].GetDelivery().Queue, DateTimeOffset.UtcNow - sent);
            }
        }

        foreach (var row in result.Refused)
        {
            RunMetrics.Rejected(row.Why.Reason.Code());
        }
    }

    // Its deliveries stay as they are while tokens are made anew: a line of text and a message of a group can do nothing else.
    private async Task<BatchResult> WriteAsync(List<ProtectedLogin> batch, CancellationToken cancellationToken)
    {
        if (!KeyFollowing.WereTold(batch))
        {
            // Whoever masks in a pipeline has seen no database yet, which may say more of its keys than whether they are retired.
            KeyFollowing.TryTell(batch, await sink.KeysAsync(cancellationToken).ConfigureAwait(false));
        }

        for (var tries = 1; ; tries++)
        {
            try
            {
                return await sink.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            }
            catch (LoginEtlException e) when (e.Error == ErrorId.KeyRetired && tries < MostTries)
            {
                var isTold = KeyFollowing.TryTell(batch, await sink.KeysAsync(cancellationToken).ConfigureAwait(false));
                if (!isTold || !KeyFollowing.TryMaskAgain(batch))
                {
                    WouldBeMaskedAgain = isTold && !dryRun;
                    throw;
                }
            }
        }
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

    /// <summary>Ends them as unknown, or rolls them back so that they go back with their runs.</summary>
    private void Release(List<ProtectedLogin> batch, Outcome outcome)
    {
        All.Settle(outcome, batch.Count);
        foreach (var login in batch)
        {
            if (login.GetDelivery() is not QueueDelivery delivery)
            {
                Lines.Settle(outcome);
            }
            else if (outcome == Outcome.Unknown)
            {
                delivery.Run.Book.Settle(delivery, outcome);
            }
            else
            {
                delivery.Run.Book.RollBack(delivery);
            }
        }
    }

    private Task Settle(List<ProtectedLogin> batch, IReadOnlyList<Outcome> outcomes, bool suppressedAccepted)
    {
        var settled = new List<QueueDelivery>();
        var back = new List<QueueDelivery>();
        for (var i = 0; i < batch.Count; i++)
        {
            var row = batch[i] is LoginRecord record ? new RowFacts(record.HasNoAddress, record.Pii, suppressedAccepted) : new RowFacts(HasNoAddress: false, PiiFields.None, suppressedAccepted);
            All.Settle(outcomes[i], row);
            if (batch[i].GetDelivery() is not QueueDelivery delivery)
            {
                Lines.Settle(outcomes[i], row);
            }
            else if (outcomes[i] == Outcome.Returned)
            {
                back.Add(delivery);
            }
            else
            {
                // Settled first: its heartbeat ends before its delete.
                delivery.Run.Book.Settle(delivery, outcomes[i], row);
                settled.Add(delivery);
            }
        }

        HoldBack(back);
        return Task.WhenAll(settled.GroupBy(d => d.Run).Select(r => r.Key.DeleteAsync([.. r])));
    }

    /// <summary>Messages of held groups wait for their way back.</summary>
    private static void HoldBack(IEnumerable<QueueDelivery> deliveries)
    {
        foreach (var ofRun in deliveries.GroupBy(d => d.Run))
        {
            List<QueueDelivery> back = [.. ofRun];
            back.ForEach(ofRun.Key.Book.HoldBack);
            ofRun.Key.KeepBack(back);
        }
    }
}
