using LoginEtl.Keysets;

namespace LoginEtl.Quarantine;

/// <summary>The quarantine beside a table.</summary>
public interface IQuarantine : IAsyncDisposable
{
    /// <summary>The quarantine table's name.</summary>
    string Name { get; }

    /// <summary>The keys that the database knows, as they are now.</summary>
    /// <exception cref="Faults.LoginEtlException">The database failed or refused.</exception>
    Task<IReadOnlyList<StoredKey>> KeysAsync(CancellationToken cancellationToken);

    /// <summary>The entries, oldest first, read in small pages: a body may have 1 MiB.</summary>
    /// <exception cref="Faults.LoginEtlException">The database failed or refused.</exception>
    IAsyncEnumerable<QuarantineEntry> ListAsync(QuarantineFilter filter, CancellationToken cancellationToken);

    /// <summary>
    /// Writes entries as rows, in one transaction that also flips the ledger to restored and marks the entries: an entry
    /// restored twice makes no second row, and its message, delivered again, is a duplicate. Retries faults of the
    /// system. One result an entry, in their order; one that is refused again, or whose token is under a key that no row may
    /// be written under any more, leaves the others alone.
    /// </summary>
    /// <exception cref="Faults.LoginEtlException">Nothing was restored, or <c>CommitUnknown</c>: then run it again.</exception>
    Task<IReadOnlyList<RestoreResult>> RestoreAsync(IReadOnlyList<RestoreRequest> requests, CancellationToken cancellationToken);

    /// <summary>
    /// Dismisses entries that are nobody's login, in one transaction: what they hold is erased, who, when and why stand in its
    /// place, and the ledger still knows their messages. Retries faults of the system. One result an entry, in their order.
    /// </summary>
    /// <exception cref="Faults.LoginEtlException">Nothing was dismissed, or <c>CommitUnknown</c>: then run it again.</exception>
    Task<IReadOnlyList<DismissResult>> DismissAsync(IReadOnlyList<QuarantineEntry> entries, Dismissal dismissal, CancellationToken cancellationToken);
}
