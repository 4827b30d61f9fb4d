using LoginEtl.Faults;

namespace LoginEtl.History;

/// <summary>
/// Whether the runs' receipts, the ledgers and the quarantine are of one mind: each entry of a ledger is of a run, each run has
/// as many as it counted, and no receipt was changed since it was added.
/// </summary>
public sealed record RunProof
{
    /// <summary>Schema and name.</summary>
    public required string Table { get; init; }

    /// <summary>Runs that have receipts.</summary>
    public required long Runs { get; init; }

    /// <summary>Of these, those that settled messages so old that the ledger may have forgotten some: of them it is known only that it has no more than they counted.</summary>
    public required long Forgotten { get; init; }

    /// <summary>Runs from before there were receipts: nothing is proved of them.</summary>
    public required long Before { get; init; }

    /// <summary>Entries of the ledgers that are of runs with receipts.</summary>
    public required long Entries { get; init; }

    /// <summary>Entries of the quarantine that are of them.</summary>
    public required long Quarantined { get; init; }

    /// <summary>Entries of the ledgers that are of no run by their own word: of functions of Lambda, of runs that could not be remembered, of restoring from quarantine.</summary>
    public required long Others { get; init; }

    /// <summary>The last receipt, number and SHA-256: what holds all before it. Null where there is none.</summary>
    public string? Link { get; init; }

    /// <summary>What does not fit, the earliest run first; at most a hundred.</summary>
    public required IReadOnlyList<RunFinding> Findings { get; init; }

    /// <summary>Nothing was found.</summary>
    public bool IsProved => Findings.Count == 0;

    /// <summary>The first finding, and what to do about it; null when all is well.</summary>
    public LoginEtlException? Fault() => Findings is not [var first, ..] ? null : new LoginEtlException(
        ErrorId.ReceiptsBroken, $"The books of {Table} do not fit: {first}{(Findings.Count == 1 ? "" : FormattableString.Invariant($" It is the first of {Findings.Count}{(Findings.Count == RunFinding.Most ? " or more" : "")} findings."))}",
        "Keep the database as it is, and find out who may write these tables and what was done by hand: docs/observability.md says what each finding means.");

    /// <inheritdoc/>
    public override string ToString() => IsProved
        ? FormattableString.Invariant($"{Table}: {Runs} runs, {Entries} ledger entries and {Quarantined} in quarantine fit")
        : $"{Table}: {Findings[0]}";
}

/// <summary>Something that does not fit.</summary>
public sealed record RunFinding
{
    /// <summary>More are not told.</summary>
    public const int Most = 100;

    /// <summary>What it is.</summary>
    public required RunFault Fault { get; init; }

    /// <summary>The run; null where it is of none.</summary>
    public Guid? Run { get; init; }

    /// <summary>When the run began, by the server's clock (UTC); null where nobody knows.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The receipt; null where it is about none.</summary>
    public long? Receipt { get; init; }

    /// <summary>As many as the receipts say; null where numbers say nothing.</summary>
    public long? Counted { get; init; }

    /// <summary>As many as there are.</summary>
    public long? Found { get; init; }

    /// <summary>In a sentence.</summary>
    public override string ToString()
    {
        var run = FormattableString.Invariant($"run {Run}{(StartedAt is { } at ? $" of {at:yyyy-MM-dd HH:mm:ss}Z" : "")}");
        return Fault switch
        {
            RunFault.ReceiptChanged => FormattableString.Invariant($"receipt {Receipt} (of {run}) is not what followed the receipt before it: it was changed, or one before it was deleted."),
            RunFault.ReceiptMissing => FormattableString.Invariant($"receipt {Receipt} is not the one that was given: it was changed or deleted, or this is another database."),
            RunFault.RunMissing => $"{run} has receipts and no row in login_etl_run: it was deleted.",
            RunFault.RunUnknown => $"{run} has a row in login_etl_run and no receipt: it was added by hand, or its receipts were deleted.",
            RunFault.RunChanged => FormattableString.Invariant($"{run} is not what its receipt {Receipt} says: its row in login_etl_run was changed."),
            RunFault.EntriesMissing => FormattableString.Invariant($"{run} settled {Counted} messages, and the ledgers have {Found} of them: entries were deleted."),
            RunFault.EntriesAdded => FormattableString.Invariant($"{run} settled {Counted} messages, and the ledgers have {Found} of them: entries were added, or its counts changed."),
            RunFault.QuarantineDiffers => FormattableString.Invariant($"{run} put {Counted} messages in quarantine, and {Found} are there."),
            _ => FormattableString.Invariant($"{Found} entries of the ledgers are of no run: they were added by hand or by an earlier version of this program, or their run was deleted with its receipts."),
        };
    }
}

/// <summary>What does not fit.</summary>
public enum RunFault
{
    /// <summary>A receipt is not what followed the one before it.</summary>
    ReceiptChanged,

    /// <summary>A receipt that somebody kept is not there.</summary>
    ReceiptMissing,

    /// <summary>Receipts of a run whose row is gone.</summary>
    RunMissing,

    /// <summary>A row of a run without receipts.</summary>
    RunUnknown,

    /// <summary>A row that is not what its receipt says.</summary>
    RunChanged,

    /// <summary>Fewer entries in the ledgers than the run counted.</summary>
    EntriesMissing,

    /// <summary>More entries than the run counted.</summary>
    EntriesAdded,

    /// <summary>The quarantine has more or less of a run than it counted.</summary>
    QuarantineDiffers,

    /// <summary>Entries of the ledgers that are of no run.</summary>
    EntriesOfNoRun,
}
