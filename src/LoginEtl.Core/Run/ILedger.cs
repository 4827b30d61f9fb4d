namespace LoginEtl.Run;

/// <summary>The ledger of messages, to ask what became of some.</summary>
public interface ILedger : IAsyncDisposable
{
    /// <summary>
    /// What the ledger says of each message. What it has no entry of was neither written nor quarantined until now. Retries
    /// faults of the system.
    /// </summary>
    /// <param name="deliveries">Identified.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>One answer a delivery, in their order.</returns>
    /// <exception cref="Faults.LoginEtlException">The database failed or refused.</exception>
    Task<IReadOnlyList<LedgerAnswer>> AskAsync(IReadOnlyList<QueueDelivery> deliveries, CancellationToken cancellationToken);
}

/// <summary>What the ledger says of a message.</summary>
public enum LedgerAnswer
{
    /// <summary>It has no entry: no run has settled it.</summary>
    Unsettled,

    /// <summary>It was written, or restored.</summary>
    Written,

    /// <summary>It is, or was, in quarantine.</summary>
    Quarantined,

    /// <summary>It was sent so long ago that its entry may be forgotten.</summary>
    TooOld,
}
