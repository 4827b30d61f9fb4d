using LoginEtl.Settlement;

namespace LoginEtl.Postgres.Writing;

/// <summary>What became of rows that were inserted one by one. A row in neither is written.</summary>
/// <param name="Refused">Rows that the database refused.</param>
/// <param name="Met">Rows whose key was there already: <see cref="Outcome.Skipped"/> or <see cref="Outcome.Updated"/>.</param>
internal sealed record RowResults(IReadOnlyDictionary<BatchItem, Refusal> Refused, IReadOnlyDictionary<BatchItem, Outcome> Met)
{
    /// <summary>All of them written.</summary>
    public static readonly RowResults AllWritten = new(new Dictionary<BatchItem, Refusal>(), new Dictionary<BatchItem, Outcome>());

    /// <summary>Whether every row was new and good.</summary>
    public bool AreClean => Refused.Count == 0 && Met.Count == 0;

    /// <summary>How one item ended.</summary>
    public Outcome Of(BatchItem item) =>
        item.Refusal is not null || Refused.ContainsKey(item) ? Outcome.Quarantined
        : Met.TryGetValue(item, out var met) ? met
        : Outcome.Written;
}
