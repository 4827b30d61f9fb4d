namespace LoginEtl.Postgres.Restoring;

/// <summary>An entry as the transaction that restores it finds and locks it.</summary>
/// <param name="Key">In the ledger.</param>
/// <param name="IsLine">The file ledger's, and not the queue ledger's.</param>
/// <param name="IsRestored">It became a row before.</param>
internal readonly record struct EntryState(Guid Key, bool IsLine, bool IsRestored);
