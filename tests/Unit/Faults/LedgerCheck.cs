using LoginEtl.Postgres.Catalog;
using LoginEtl.Unit.Faults.Messages;

namespace LoginEtl.Unit.Faults;

/// <summary>
/// Proves of every message sent: it is exactly once in the table, in quarantine for its own reason, or with the trigger
/// that kept its row out, where it belongs, or still in the queue; its row holds its version; none is nowhere and none is
/// there twice. Messages that are copies of one notification are there once together.
/// </summary>
internal static class LedgerCheck
{
    private const int Shown = 5;

    /// <summary>What is wrong; empty when all is well.</summary>
    public static IReadOnlyList<string> Complaints(IReadOnlyCollection<SentMessage> sent, Standing standing)
    {
        var complaints = new List<string>();
        Complain("nowhere", sent.Where(m => !IsSettled(m, standing) && !standing.Queued.Contains(m.MessageId)).Select(Name));
        Complain("in the table more than once", standing.Rows.Where(r => r.Value > 1).Select(r => $"{r.Key} ({r.Value} rows)"));
        Complain("kept out of the table more than once, or in it as well", standing.Suppressed.Where(s => s.Value > 1 || standing.Rows.ContainsKey(s.Key)).Select(s => s.Key));
        Complain("in the table after it was erased", standing.Rows.Keys.Where(standing.Erased.Contains));
        Complain("in the table with another version", sent.Where(m => m is { UserId: { } user, Version: { } version } && standing.Versions.TryGetValue(user, out var there) && there != version).Select(Name));
        Complain("in quarantine more than once", standing.Quarantined.Where(q => q.Value > 1).Select(q => $"{q.Key} ({q.Value} entries)"));
        Complain("in the table and should be in quarantine", sent.Where(m => m.Fate == Fate.Quarantine && HasRow(m, standing)).Select(Name));
        Complain("in quarantine and should be in the table", sent.Where(m => m.Fate == Fate.Row && IsQuarantined(m, standing)).Select(Name));
        Complain("in quarantine for another reason", sent.Where(m => m.Reason is { } reason && standing.Reasons.TryGetValue(m.Identity, out var there) && there != reason)
            .Select(m => $"{Name(m)} ({standing.Reasons[m.Identity]}, not {m.Reason})"));
        Complain("in the table and never sent", standing.Rows.Keys.Except(sent.Select(m => m.UserId ?? "")));
        Complain("in quarantine and never sent", standing.Quarantined.Keys.Except(sent.Select(m => m.Identity)));
        Compare(LedgerOutcome.Written, standing.RowCount + standing.SuppressedCount, "rows");
        Compare(LedgerOutcome.Quarantined, standing.QuarantineCount, "quarantine entries");
        complaints.AddRange(GroupCheck.Complaints(sent, standing));
        return complaints;

        void Complain(string what, IEnumerable<string> who)
        {
            var all = who.ToList();
            if (all.Count > 0)
            {
                complaints.Add($"{all.Count} {what}: {string.Join(", ", all.Take(Shown))}{(all.Count > Shown ? ", …" : "")}");
            }
        }

        void Compare(LedgerOutcome outcome, int there, string what)
        {
            var recorded = standing.Ledger.GetValueOrDefault(outcome);
            if (recorded != there)
            {
                complaints.Add($"the ledger has {recorded} {outcome} for {there} {what}");
            }
        }
    }

    /// <summary>The same, of a queue that has been drained: nothing may be left in it.</summary>
    public static IReadOnlyList<string> ComplaintsAfterDrain(IReadOnlyCollection<SentMessage> sent, Standing standing)
    {
        var left = sent.Where(m => !IsSettled(m, standing)).Select(Name).ToList();
        return [.. Complaints(sent, standing with { Queued = new HashSet<string>() }),
            .. standing.Queued.Count > 0 ? [$"{standing.Queued.Count} left in the queue, {left.Count} of them unsettled"] : Array.Empty<string>()];
    }

    /// <summary>Whether the database holds it.</summary>
    public static bool IsSettled(SentMessage message, Standing standing) => HasRow(message, standing) || IsQuarantined(message, standing) || IsSuppressed(message, standing);

    // Or had one.
    private static bool HasRow(SentMessage message, Standing standing) => message.UserId is { } user && (standing.Rows.ContainsKey(user) || standing.Erased.Contains(user));

    private static bool IsSuppressed(SentMessage message, Standing standing) => message.UserId is { } user && standing.Suppressed.ContainsKey(user);

    private static bool IsQuarantined(SentMessage message, Standing standing) => standing.Quarantined.ContainsKey(message.Identity);

    private static string Name(SentMessage message) => $"{message.MessageId} of {message.UserId ?? "nobody"}";
}
