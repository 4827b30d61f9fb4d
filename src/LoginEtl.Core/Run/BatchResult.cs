namespace LoginEtl.Run;

/// <summary>What became of a committed batch.</summary>
/// <param name="BatchId">As recorded in the ledger.</param>
/// <param name="Outcomes">One an item, in the batch's order.</param>
public sealed record BatchResult(Guid BatchId, IReadOnlyList<Outcome> Outcomes)
{
    /// <summary>
    /// Groups of FIFO queues that the batch holds: their bad messages and those after them are
    /// <see cref="Outcome.Returned"/>, and nothing of them was written.
    /// </summary>
    public IReadOnlyList<HeldGroup> Held { get; init; } = [];

    /// <summary>Those that are <see cref="Outcome.Suppressed"/> are as they should be, and no rejects.</summary>
    public bool SuppressedAccepted { get; init; }

    /// <summary>What is worth a warning beside its messages, in words.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Rows of the batch that went to quarantine now; not the bodies that did not decode.</summary>
    public IReadOnlyList<RefusedRow> Refused { get; init; } = [];
}
