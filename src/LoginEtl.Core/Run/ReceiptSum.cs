namespace LoginEtl.Run;

/// <summary>One receipt for a pipeline that several sources feed.</summary>
internal static class ReceiptSum
{
    /// <summary>Counts added up, the earliest start, the worst outcome. At least one receipt.</summary>
    public static Receipt Of(IReadOnlyList<Receipt> receipts)
    {
        if (receipts.Count == 1)
        {
            return receipts[0];
        }

        var start = receipts.Min(r => r.StartedAt);
        return new Receipt
        {
            Source = string.Join(", ", receipts.Select(r => r.Source).Distinct()),
            Outcome = receipts.Max(r => r.Outcome),
            Ended = receipts.Select(r => r.Ended).Distinct().ToList() is [var one] ? one : null,
            StartedAt = start,
            Elapsed = receipts.Max(r => r.StartedAt + r.Elapsed) - start,
            Received = receipts.Sum(r => r.Received),
            Written = receipts.Sum(r => r.Written),
            Updated = receipts.Sum(r => r.Updated),
            Skipped = receipts.Sum(r => r.Skipped),
            Duplicate = receipts.Sum(r => r.Duplicate),
            Quarantined = receipts.Sum(r => r.Quarantined),
            Suppressed = receipts.Sum(r => r.Suppressed),
            SuppressedAccepted = receipts.Any(r => r.SuppressedAccepted) && receipts.All(r => r.SuppressedAccepted || r.Suppressed == 0),
            Confirmed = receipts.Sum(r => r.Confirmed),
            Returned = receipts.Sum(r => r.Returned),
            Lapsed = receipts.Sum(r => r.Lapsed),
            Unknown = receipts.Sum(r => r.Unknown),
            Undeleted = receipts.Sum(r => r.Undeleted),
            HeldGroups = receipts.Sum(r => r.HeldGroups),
            NotAnAddress = receipts.Sum(r => r.NotAnAddress),
            NotHeld = receipts.Sum(r => r.NotHeld),
            Error = string.Join(" ", receipts.Select(r => r.Error).OfType<string>()) is { Length: > 0 } errors ? errors : null,
        };
    }
}
