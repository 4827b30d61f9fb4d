using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>A batch that has committed and whose messages have been deleted.</summary>
/// <param name="BatchId">As recorded in the ledger.</param>
/// <param name="Logins">In the order in which they came.</param>
/// <param name="Outcomes">One a login.</param>
/// <param name="Elapsed">Time of the transaction, retries included.</param>
public sealed record BatchReport(
    Guid BatchId, IReadOnlyList<ProtectedLogin> Logins, IReadOnlyList<Outcome> Outcomes, TimeSpan Elapsed)
{
    /// <summary>Groups of FIFO queues that the batch holds because of a bad message.</summary>
    public IReadOnlyList<HeldGroup> Held { get; init; } = [];

    /// <summary>What the sink found worth a warning beside its messages, in words.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Rows of the batch that went to quarantine now; not the bodies that did not decode.</summary>
    public IReadOnlyList<RefusedRow> Refused { get; init; } = [];

    /// <summary>Logins that ended so.</summary>
    public int Count(Outcome outcome) => Outcomes.Count(o => o == outcome);
}

/// <summary>A batch that has committed.</summary>
/// <param name="Report">What became of it.</param>
/// <param name="Deleted">Ends when its messages are deleted, or counted as undeleted.</param>
internal sealed record CommittedBatch(BatchReport Report, Task Deleted);
