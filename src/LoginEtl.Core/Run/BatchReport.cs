using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>A batch that has committed and whose messages have been deleted.</summary>
/// <param name="BatchId">As recorded in the ledger.</param>
/// <param name="Logins">In the order in which they came.</param>
/// <param name="Outcomes">One a login.</param>
/// <param name="Elapsed">Time of the transaction, retries included.</param>
public sealed record BatchReport(
    Guid BatchId, IReadOnlyList<ProtectedLogin> Logins, IReadOnlyList<Outcome> Outcomes, TimeSpan Elapsed)
{
    /// <summary>Groups of FIFO queues that the batch holds because of a bad message.</summary>
    public IReadOnlyList<HeldGroup> Held { get; init; } = [];

    /// <summary>What the sink found worth a warning beside its messages, in words.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Rows of the batch that went to quarantine now; not the bodies that did not decode.</summary>
    public IReadOnlyList<RefusedRow> Refused { get; init; } = [];

    /// <summary>These, and the bodies that did not decode.</summary>
    public IEnumerable<RefusedRow> Rejects => Logins.OfType<SealedReject>().Select(r => new RefusedRow(r.MessageId, r.GetRejection())).Concat(Refused);

    /// <summary>Logins that ended so.</summary>
    public int Count(Outcome outcome) => Outcomes.Count(o => o == outcome);
}

/// <summary>A batch that has committed.</summary>
/// <param name="Report">What became of it.</param>
/// <param name="Deleted">Ends when its messages are deleted, or counted as undeleted.</param>
internal sealed record CommittedBatch(BatchReport Report, Task Deleted);

/// <summary>What the hosts say of a batch.</summary>
public static class BatchText
{
    /// <summary>One line: id, counts, time.</summary>
    public static string Of(BatchReport batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var counts = Enum.GetValues<Outcome>()
            .Select(outcome => (Name: outcome.ToString().ToLowerInvariant(), Count: batch.Count(outcome), Outcome: outcome))
            .Where(c => c.Count > 0 || c.Outcome is Outcome.Written or Outcome.Duplicate or Outcome.Quarantined)
            .Select(c => $"{c.Count} {c.Name}");
        return $"Batch {batch.BatchId}: {string.Join(", ", counts)} in {batch.Elapsed.TotalMilliseconds:0} ms.";
    }

    /// <summary>The same by names, as JSON has them.</summary>
    public static IEnumerable<(string Name, object? Value)> Fields(BatchReport batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return
        [
            ("batch_id", batch.BatchId), ("size", batch.Outcomes.Count), ("elapsed_seconds", Math.Round(batch.Elapsed.TotalSeconds, 3)),
            .. batch.Outcomes.GroupBy(o => o).OrderBy(o => o.Key).Select(o => (RunCounts.NameOf(o.Key), (object?)o.Count())),
        ];
    }

    /// <summary>What a dry run says at its end.</summary>
    /// <param name="outcomes">What would have become of what it was given.</param>
    public static string WhatIf(RunCounts outcomes)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        return FormattableString.Invariant(
            $"What if: of {outcomes.Settled} logins, {outcomes[Outcome.Written]} would be written, {outcomes[Outcome.Updated]} updated, ")
            + FormattableString.Invariant($"{outcomes[Outcome.Skipped]} skipped, {outcomes[Outcome.Duplicate]} are duplicates, {outcomes[Outcome.Quarantined]} would go to quarantine")
            + Where(Outcome.Suppressed, "be kept out by a trigger") + Where(Outcome.Returned, "back with their held group") + ". Nothing was written or deleted.";

        string Where(Outcome outcome, string what) => outcomes[outcome] > 0 ? FormattableString.Invariant($", {outcomes[outcome]} {what}") : "";
    }

    /// <summary>What is worth a warning: every reject, every group that is held, and what the sink noticed.</summary>
    public static IEnumerable<string> Warnings(BatchReport batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Rejects.Select(Rejected).Concat(BesideRejects(batch));
    }

    /// <summary>Of these, what only the writing has brought out: rows that were refused, and groups that are held.</summary>
    public static IEnumerable<string> WarningsOfWriting(BatchReport batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Refused.Select(Rejected).Concat(BesideRejects(batch));
    }

    /// <summary>Groups that are held, and what the sink noticed.</summary>
    public static IEnumerable<string> BesideRejects(BatchReport batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Held.Select(g => g.ToString()).Concat(batch.Notices);
    }

    /// <summary>One reject.</summary>
    public static string Rejected(RefusedRow reject)
    {
        ArgumentNullException.ThrowIfNull(reject);
        return FormattableString.Invariant($"Message {reject.MessageId} is rejected: {reject}.");
    }
}
