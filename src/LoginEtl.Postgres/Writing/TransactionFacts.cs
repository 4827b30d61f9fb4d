using LoginEtl.Postgres.Keys;

namespace LoginEtl.Postgres.Writing;

/// <summary>What a transaction that writes found at its start.</summary>
/// <param name="Now">Its time by the server's clock (UTC).</param>
/// <param name="Keys">The keys beside the table, which stay as they are until its end.</param>
/// <param name="SchemaVersion">Of the relations beside the table; stays so, too, because whoever changes it waits for the ledger's lock.</param>
/// <param name="LastIsThere">The batch that this run committed last is in the ledger.</param>
/// <param name="TableIsAsRead">The table is what it was when it was read, and stays so until the transaction's end.</param>
internal sealed record TransactionFacts(DateTime Now, KnownKeys Keys, int SchemaVersion, bool LastIsThere, bool TableIsAsRead);
