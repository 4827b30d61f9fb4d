namespace LoginEtl.Postgres.Restoring;

/// <summary>An entry as the transaction that settles it finds and locks it.</summary>
/// <param name="Key">In the ledger.</param>
/// <param name="IsLine">The file ledger's, and not the queue ledger's.</param>
/// <param name="IsRestored">It became a row before.</param>
/// <param name="IsDismissed">It was dismissed before.</param>
internal readonly record struct EntryState(Guid Key, bool IsLine, bool IsRestored, bool IsDismissed);
