namespace LoginEtl.Audit;

/// <summary>What is wrong with the chain of anchors at one place of it.</summary>
/// <param name="First">Number of the anchor, or of the first of several in a row.</param>
/// <param name="Last">Number of the last of them.</param>
/// <param name="Why">What is wrong with the first.</param>
/// <param name="By">Who added them all; null where they are gone.</param>
internal sealed record AnchorFault(long First, long Last, string Why, string? By)
{
    // Of one look: whoever adds many by hand makes no report that nobody reads.
    private const int MostTold = 100;
    private const int MostInOneSentence = 3;

    /// <summary>In words, of all of them.</summary>
    public string Text => Last == First ? Why : $"{Why}; and no more do those up to {Last}, added by the same account";

    /// <summary>Reports of them, in their order: each of its own, and the last of the rest where there are very many.</summary>
    public static IEnumerable<AuditReport> Reports(IReadOnlyList<AnchorFault> faults) =>
        faults.Take(MostTold).Select(f => Report(f.Text, f.First, f.Last))
            .Concat(faults.Count > MostTold ? [Report($"{faults.Count - MostTold} more faults of anchors follow, the last one at anchor {faults[^1].Last}", faults[MostTold].First, faults[^1].Last)] : []);

    /// <summary>The first few in one sentence.</summary>
    public static string Sentence(IReadOnlyList<AnchorFault> faults) =>
        string.Join("; ", faults.Take(MostInOneSentence).Select(f => f.Text))
            + (faults.Count > MostInOneSentence ? $"; and {faults.Count - MostInOneSentence} more, the last one at anchor {faults[^1].Last}" : "");

    /// <summary>Adds it to those that were found before; one that goes on with the last of them is made one with it.</summary>
    public static void Add(List<AnchorFault> faults, AnchorFault next)
    {
        if (next.By is not null && faults.Count > 0 && faults[^1] is var last && last.By == next.By && last.Last == next.First - 1)
        {
            faults[^1] = last with { Last = next.Last };
            return;
        }

        faults.Add(next);
    }

    private static AuditReport Report(string why, long first, long last) =>
        new() { Place = "the anchors themselves", State = AuditState.AnchorsLost, Why = why, AnchorNumber = first, LastAnchorNumber = last };
}
