using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>A table being written to, with its ledger and quarantine. One batch at a time.</summary>
public interface IRecordSink : IAsyncDisposable
{
    /// <summary>The table's name.</summary>
    string Name { get; }

    /// <summary>The same with its server and database, as people are told.</summary>
    string Place => Name;

    /// <summary>The keys that the database knows, as they are now. Retries faults of the system.</summary>
    /// <exception cref="Faults.LoginEtlException">The database failed or refused.</exception>
    Task<IReadOnlyList<StoredKey>> KeysAsync(CancellationToken cancellationToken);

    /// <summary>Whether the database answers now. Tries once.</summary>
    /// <exception cref="Faults.LoginEtlException">It does not, or refuses.</exception>
    Task PingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether rows may be written under these keys; the first batch tells the database of those that it has not seen.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>KeyNotKnown</c>, <c>KeyMismatch</c>, <c>KeyRetired</c>, or the database failed or refused.</exception>
    Task RequireKeysAsync(IReadOnlyList<StoredKey> keys, CancellationToken cancellationToken);

    /// <summary>
    /// Remembers that a run begins, before its first batch. From then on each batch counts in its own transaction. Retries
    /// faults of the system.
    /// </summary>
    /// <param name="source">The queue's name; null where it is not known yet.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What is worth a warning, in words: runs that were lost, or why this one is not remembered.</returns>
    /// <exception cref="Faults.LoginEtlException">The database failed or refused.</exception>
    Task<IReadOnlyList<string>> BeginRunAsync(string? source, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Remembers how the run ended. Never throws, and takes a few seconds at most.</summary>
    /// <returns>The receipt's entry in the chain, for <see cref="Receipt.Link"/>; null where it has none.</returns>
    Task<string?> EndRunAsync(Receipt receipt) => Task.FromResult<string?>(null);

    /// <summary>
    /// Writes one batch in one transaction and returns once it has committed durably. Retries faults of the system.
    /// </summary>
    /// <exception cref="Faults.LoginEtlException">Nothing of the batch was written, or <c>CommitUnknown</c>; <c>KeyRetired</c>, <c>KeyNotKnown</c>, <c>KeyMismatch</c>.</exception>
    Task<BatchResult> WriteAsync(IReadOnlyList<ProtectedLogin> batch, CancellationToken cancellationToken);
}

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

/// <summary>A login that decoded, and went to quarantine because its row was refused.</summary>
/// <param name="MessageId">Its message.</param>
/// <param name="Why">Reason, and the field or column.</param>
/// <param name="SqlState">Set where the database refused it.</param>
public sealed record RefusedRow(string MessageId, Rejection Why, string? SqlState = null)
{
    /// <summary>Its names, without any value of the row.</summary>
    public override string ToString() => SqlState is null ? Why.ToString() : $"{Why}, SQLSTATE {SqlState}";
}

/// <summary>A group of a FIFO queue that is held because of a bad message (<c>-OnBadInGroup HoldGroup</c>).</summary>
/// <param name="Bad">The first bad message of the group.</param>
/// <param name="Why">What is bad about it; free of personal data.</param>
/// <param name="Messages">How many of its batch go back, the bad one included.</param>
public sealed record HeldGroup(QueueDelivery Bad, string Why, int Messages)
{
    /// <summary>
    /// Names the group by its bad message: producers choose group ids, which may be addresses or devices.
    /// </summary>
    public override string ToString() =>
        $"The group of message {Bad} is held: {Why}. {(Messages == 1 ? "It goes" : $"It and {Messages - 1} later of its batch go")} back to the queue, and so does what follows.";
}
