using LoginEtl.Run;

namespace LoginEtl.Postgres.Writing;

/// <summary>What became of rows that were inserted one by one. A row in none of them is written.</summary>
/// <param name="Refused">Rows that the database refused.</param>
/// <param name="Suppressed">Rows that the server did not take, without an error.</param>
/// <param name="Met">Rows whose key was there already: <see cref="Outcome.Skipped"/> or <see cref="Outcome.Updated"/>.</param>
internal sealed record RowResults(
    IReadOnlyDictionary<BatchItem, Refusal> Refused, IReadOnlyDictionary<BatchItem, Outcome> Met, IReadOnlySet<BatchItem> Suppressed)
{
    /// <summary>All of them written.</summary>
    public static readonly RowResults AllWritten = AllSuppressed([]);

    /// <summary>None of them taken.</summary>
    public static RowResults AllSuppressed(IEnumerable<BatchItem> rows) =>
        new(new Dictionary<BatchItem, Refusal>(), new Dictionary<BatchItem, Outcome>(), rows.ToHashSet());

    /// <summary>Whether every row was new, good and taken.</summary>
    public bool AreClean => Refused.Count == 0 && Met.Count == 0 && Suppressed.Count == 0;

    /// <summary>How one item ended.</summary>
    public Outcome Of(BatchItem item) =>
        item.Refusal is not null || Refused.ContainsKey(item) ? Outcome.Quarantined
        : Suppressed.Contains(item) ? Outcome.Suppressed
        : Met.TryGetValue(item, out var met) ? met
        : Outcome.Written;
}
