namespace LoginEtl.Postgres.Restoring;

/// <summary>Where a message stands in the ledgers.</summary>
/// <param name="IsLine">The file ledger, and not the queue ledger.</param>
/// <param name="Key">Its key there.</param>
internal readonly record struct LedgerPlace(bool IsLine, Guid Key);
