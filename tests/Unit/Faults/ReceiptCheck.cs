using LoginEtl.Faults;
using LoginEtl.Sandbox.Demo;

namespace LoginEtl.Unit.Faults;

/// <summary>Whether receipts and exit codes are true, by themselves and beside what the database holds.</summary>
internal static class ReceiptCheck
{
    private const int Failed = 1;
    private const int WithRejects = 2;
    private const int FailedForNow = 75;

    /// <summary>What is wrong with one run; empty when all is well.</summary>
    public static IEnumerable<string> Complaints(EndedRun run)
    {
        if (run.TookTooLong)
        {
            yield return "a run did not end";
        }

        if (run.Killed)
        {
            yield break;
        }

        if (run.Receipt is not { } receipt)
        {
            yield return $"a run left no receipt ({run.End})";
            yield break;
        }

        var sum = receipt.Written + receipt.Updated + receipt.Skipped + receipt.Duplicate + receipt.Quarantined
            + receipt.Suppressed + receipt.Confirmed + receipt.Returned + receipt.Lapsed + receipt.Unknown;
        if (!receipt.Balanced || sum != receipt.Received)
        {
            yield return $"a receipt does not balance: {receipt}";
        }

        if (run.End.ExitCode != TrueExitCode(receipt) || receipt.ExitCode != run.End.ExitCode)
        {
            yield return $"an exit code is not true: {run.End} of {receipt}";
        }

        if ((receipt.Outcome == "failed") != (receipt.Error is not null))
        {
            yield return $"a run that {receipt.Outcome} {(receipt.Error is null ? "gives no reason" : $"gives a reason: {receipt.Error}")}";
        }
    }

    /// <summary>What is wrong with runs that went on beside each other, beside what the queue gave them.</summary>
    /// <param name="together">All of them.</param>
    /// <param name="delivered">Messages in the answers that they got.</param>
    public static IEnumerable<string> Complaints(IReadOnlyCollection<EndedRun> together, int delivered)
    {
        // One that was killed leaves no receipt of what it was given; one that never began was given nothing.
        var received = together.Sum(r => r.Receipt?.Received ?? 0);
        if (!together.Any(r => r.Killed) && received != delivered)
        {
            yield return $"the receipts speak of {received} messages received, and the queue gave {delivered}";
        }
    }

    /// <summary>What is wrong with all runs together beside what they left in the database.</summary>
    public static IEnumerable<string> Complaints(IReadOnlyCollection<EndedRun> runs, Standing standing)
    {
        var receipts = runs.Select(r => r.Receipt).OfType<RunReceipt>().ToList();
        var known = receipts.Sum(r => r.Written);
        var mostly = known + receipts.Sum(r => r.Unknown);
        var allTold = !runs.Any(r => r.Killed);
        if (standing.RowCount < known || (allTold && standing.RowCount > mostly))
        {
            yield return $"the receipts speak of {known} rows{(allTold ? "" : " at least")}, and there are {standing.RowCount}";
        }

        var suppressed = receipts.Sum(r => r.Suppressed);
        if (standing.SuppressedCount < suppressed || (allTold && standing.SuppressedCount > suppressed + receipts.Sum(r => r.Unknown)))
        {
            yield return $"the receipts speak of {suppressed} suppressed rows{(allTold ? "" : " at least")}, and there are {standing.SuppressedCount}";
        }

        if (allTold && receipts.Sum(r => r.Quarantined + r.Unknown) < standing.QuarantineCount)
        {
            yield return $"the receipts speak of fewer than the {standing.QuarantineCount} entries in quarantine";
        }
    }

    private static bool MayPass(string? id) =>
        id is not null && typeof(ErrorId).GetField(id)?.GetValue(null) is ErrorId { Kind: FaultKind.Unreachable };

    private static int TrueExitCode(RunReceipt receipt) =>
        receipt.Outcome == "failed" && receipt.Balanced && MayPass(receipt.ErrorId) ? FailedForNow
        : receipt.Outcome == "failed" || receipt.Unknown > 0 || !receipt.Balanced ? Failed : receipt.Quarantined + receipt.Suppressed + receipt.HeldGroups > 0 ? WithRejects : 0;
}
