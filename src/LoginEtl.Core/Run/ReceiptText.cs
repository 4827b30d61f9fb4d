using System.Globalization;
using System.Text;
using LoginEtl.Protecting;

namespace LoginEtl.Run;

/// <summary>The receipt for people and for programs.</summary>
public static class ReceiptText
{
    // People look for these, be they zero.
    private static readonly Outcome[] Always = [Outcome.Written, Outcome.Duplicate, Outcome.Quarantined, Outcome.Returned];

    /// <summary>One line for people: outcome, every count that matters, whether the books balance.</summary>
    public static string Line(Receipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        return $"{receipt.Source}: {receipt.Outcome}{Why(receipt)}, {Counts(receipt)}; {(receipt.Balanced ? "balanced" : "NOT BALANCED")}";
    }

    /// <summary>One line for people, of a run that goes on.</summary>
    public static string SoFar(Receipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        return string.Create(CultureInfo.InvariantCulture, $"{receipt.Source} so far: {Counts(receipt)}, {receipt.Received - receipt.Counts.Settled} in hand.");
    }

    /// <summary>One line of JSON for programs; every count, seconds as a number.</summary>
    public static string Json(Receipt receipt) => JsonLine.Of(Fields(receipt));

    /// <summary>All that it says, by the names that JSON has.</summary>
    public static IEnumerable<(string Name, object? Value)> Fields(Receipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        return
        [
            ("source", receipt.Source), ("version", receipt.Version), ("outcome", RunCounts.NameOf(receipt.Outcome)),
            .. Where(receipt.Ended is not null, ("ended", receipt.Ended is { } ended ? RunCounts.NameOf(ended) : null)),
            ("started_at", receipt.StartedAt), ("elapsed_seconds", Math.Round(receipt.Elapsed.TotalSeconds, 3)),
            ("received", receipt.Received), .. receipt.Counts.Named.Select(c => (c.Name, (object?)c.Count)),
            .. Where(receipt.Calls.Total > 0, ("calls", receipt.Calls)),
            ("balanced", receipt.Balanced), ("exit_code", receipt.ExitCode),
            .. Where(receipt.Link is not null, ("link", receipt.Link)),
            .. Where(receipt.Error is not null, ("error_id", receipt.ErrorId), ("error", receipt.Error)),
        ];
    }

    /// <summary>The one warning of a run whose rows have personal data where none belongs; null where they have none.</summary>
    public static string? PiiWarning(Receipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        var tally = new PiiTally();
        foreach (var (field, kind) in RunCounts.PiiKinds)
        {
            tally.Add(field, receipt.Counts[kind]);
        }

        return tally.Warning;
    }

    private static (string Name, object? Value)[] Where(bool holds, params (string Name, object? Value)[] fields) => holds ? fields : [];

    private static string Counts(Receipt receipt)
    {
        var always = Always.Select(o => RunCounts.NameOf(o)).ToHashSet();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"received {receipt.Received}");
        foreach (var (name, count) in receipt.Counts.Named.Where(c => c.Count > 0 || always.Contains(c.Name)))
        {
            text.Append(CultureInfo.InvariantCulture, $", {count} {name.Replace('_', ' ')}");
        }

        return text.Append(CultureInfo.InvariantCulture, $" in {receipt.Elapsed.TotalSeconds:0.0} s").ToString();
    }

    // What the outcome does not say already.
    private static string Why(Receipt receipt) => receipt.Ended switch
    {
        EndReason.DrainTimeout => " (others still held messages)",
        EndReason.GroupsHeld => " (groups are held)",
        EndReason.MaxMessages => " (all messages asked for)",
        EndReason.MaxDuration => " (time was up)",
        _ => "",
    };
}
