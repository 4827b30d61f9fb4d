using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>A table being written to, with its ledger and quarantine. One batch at a time.</summary>
public interface IRecordSink : IAsyncDisposable
{
    /// <summary>The table's name.</summary>
    string Name { get; }

    /// <summary>The keys that the database knows, as they are now. Retries faults of the system.</summary>
    /// <exception cref="Faults.LoginEtlException">The database failed or refused.</exception>
    Task<IReadOnlyList<StoredKey>> KeysAsync(CancellationToken cancellationToken);

    /// <summary>Whether rows may be written under these keys; the first batch tells the database of those that it has not seen.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>KeyNotKnown</c>, <c>KeyMismatch</c>, <c>KeyRetired</c>, or the database failed or refused.</exception>
    Task RequireKeysAsync(IReadOnlyList<StoredKey> keys, CancellationToken cancellationToken);

    /// <summary>
    /// Writes one batch in one transaction and returns once it has committed durably. Retries faults of the system.
    /// </summary>
    /// <exception cref="Faults.LoginEtlException">Nothing of the batch was written, or <c>CommitUnknown</c>; <c>KeyRetired</c>, <c>KeyNotKnown</c>, <c>KeyMismatch</c>.</exception>
    Task<BatchResult> WriteAsync(IReadOnlyList<ProtectedLogin> batch, CancellationToken cancellationToken);
}
