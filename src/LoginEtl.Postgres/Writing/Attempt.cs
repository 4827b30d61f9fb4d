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
