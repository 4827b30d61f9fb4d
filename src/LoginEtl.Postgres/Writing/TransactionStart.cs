using LoginEtl.Keysets;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Targets;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>What holds in every transaction that writes, set in one round trip.</summary>
/// <param name="table">The user's table as rows are encoded for it, with the keys' states beside it.</param>
/// <param name="beside">What else binary COPY writes to, to be kept as it is.</param>
/// <param name="holdsKeys">
/// Keeps the keys' states as they are until the transaction ends. Not for a dry run, which would keep everybody from
/// retiring a key for as long as it goes on.
/// </param>
internal sealed class TransactionStart(TargetTable table, IReadOnlyList<QualifiedName> beside, bool holdsKeys = true)
{
    // The table's lock is the first thing: what is read of it in later statements stays so. Constraints that wait for
    // COMMIT would fail a batch when its rows can no longer be told apart. The last setting ends a transaction whose
    // client is gone without a word, and frees its locks. The states are a statement of their own, behind the lock.
    private readonly string _lock =
        $"""
        {Lock(table, beside)};
        SET CONSTRAINTS ALL IMMEDIATE;
        SELECT now(),
               CASE WHEN current_setting('idle_in_transaction_session_timeout') = '0' THEN set_config('idle_in_transaction_session_timeout', '120s', true) END,
               CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END,
               coalesce((SELECT max(version) FROM {table.Name.Beside(SchemaNames.Schema).Quoted}), 0),
               {HaveKeys(table.Name.Beside(SchemaNames.Ledger), table.Name.Beside(SchemaNames.FileLedger))}
               {(holdsKeys ? $", {KeyLock.Shared(table.Name.Beside(SchemaNames.Keys))}" : "")},
        """;

    private readonly string _look =
        $"""
        ;
        {KeyStates.Query(table.Name.Beside(SchemaNames.Keys))};
        {table.Live.Fingerprint!.Query}
        """;

    /// <summary>Sets it, and answers what was found.</summary>
    /// <param name="connection">In the transaction.</param>
    /// <param name="lastIsThere">An expression: the last batch of the run is in the ledger.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<TransactionFacts> RunAsync(NpgsqlConnection connection, string lastIsThere, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(string.Concat(_lock, lastIsThere, _look), connection);
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        if (!table.Live.IsInsertable)
        {
            // The plan's.
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        }

        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var (now, schema, haveKeys, isThere) = (reader.GetDateTime(0), reader.GetInt32(3), reader.GetBoolean(4), reader.GetBoolean(reader.FieldCount - 1));
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var keys = new List<StoredKey>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            keys.Add(KeyStates.Read(reader));
        }

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var isAsRead = await reader.ReadAsync(cancellationToken).ConfigureAwait(false) && reader.GetString(0) == table.Live.Fingerprint!.Text;
        return new TransactionFacts(now, new KnownKeys([.. keys.Where(k => k.IsWellFormed)]), schema, haveKeys, isThere, isAsRead);
    }

    // What is put into a ledger twice is refused by nothing else.
    private static string HaveKeys(QualifiedName ledger, QualifiedName files) =>
        $"""
        (SELECT pg_catalog.count(DISTINCT i.indrelid) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid IN ({ledger.Literal}::regclass::oid, {files.Literal}::regclass::oid) AND a.attname = 'key' AND i.indnkeyatts = 1
                AND {CompanionTable.IndexRefuses}) = 2
        """;

    // Who may insert into columns alone may not lock; the plan of an INSERT takes the same lock, and unlike the INSERT
    // itself it fires no trigger.
    private static string Lock(TargetTable table, IReadOnlyList<QualifiedName> beside)
    {
        var locked = (table.Live.IsInsertable ? new[] { table.Name } : []).Concat(beside).Select(n => $"ONLY {n.Quoted}").ToList();
        var plan = table.Live.IsInsertable ? null : WriteLock.ToInsert(table.Name, [.. table.Columns.Select(c => QualifiedName.Quote(c.Live.Name))]);
        var locks = locked.Count == 0 ? null : $"LOCK TABLE {string.Join(", ", locked)} IN ROW EXCLUSIVE MODE";
        return string.Join(";\n", new[] { plan, locks }.OfType<string>());
    }
}

/// <summary>What a transaction that writes found at its start.</summary>
/// <param name="Now">Its time by the server's clock (UTC).</param>
/// <param name="Keys">The keys beside the table, which stay as they are until its end.</param>
/// <param name="SchemaVersion">Of the relations beside the table; stays so, too, because whoever changes it waits for the ledger's lock.</param>
/// <param name="LedgersHaveKeys">Both ledgers refuse what is in them already.</param>
/// <param name="LastIsThere">The batch that this run committed last is in the ledger.</param>
/// <param name="TableIsAsRead">The table is what it was when it was read, and stays so until the transaction's end.</param>
internal sealed record TransactionFacts(DateTime Now, KnownKeys Keys, int SchemaVersion, bool LedgersHaveKeys, bool LastIsThere, bool TableIsAsRead);
