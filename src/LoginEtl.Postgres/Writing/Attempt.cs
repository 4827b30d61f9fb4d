using LoginEtl.Run;

namespace LoginEtl.Postgres.Writing;

/// <summary>How a batch is tried, and what the try found out.</summary>
internal sealed class Attempt
{
    /// <summary>Asks the ledger first which messages are settled.</summary>
    public required bool Probes { get; init; }

    /// <summary>Inserts rows so that a bad one fails alone from the start, and not only after the fast way has failed.</summary>
    public required bool OneByOne { get; init; }

    /// <summary>COMMIT was sent, now or in an earlier try, and whether it took place is not known.</summary>
    public bool CommitInDoubt { get; set; }

    /// <summary>Some messages were settled before.</summary>
    public bool FoundDuplicates { get; set; }

    /// <summary>The database refused some rows, or had their keys already.</summary>
    public bool FoundBadRows { get; set; }
}

/// <summary>How a try ended that no fault of the system ended.</summary>
internal sealed class AttemptOutcome
{
    /// <summary>A message was settled before: probe, and try again.</summary>
    public static readonly AttemptOutcome MetDuplicates = new(null);

    /// <summary>A refused row holds its group: leave them out, and try again.</summary>
    public static readonly AttemptOutcome MetBadInGroup = new(null);

    /// <summary>The table is not what the batch was encoded for, and stays as it is until the transaction ends: read it.</summary>
    public static readonly AttemptOutcome MetChangedTable = new(null);

    private AttemptOutcome(Outcome[]? outcomes) => Outcomes = outcomes;

    /// <summary>One a delivery, in the batch's order; null when the batch must be tried again.</summary>
    public IReadOnlyList<Outcome>? Outcomes { get; }

    /// <summary>Committed, or nothing was left to write.</summary>
    public static AttemptOutcome Settled(Outcome[] outcomes) => new(outcomes);
}

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
