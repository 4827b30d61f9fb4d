using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Targets;
using Npgsql;
using NpgsqlTypes;

namespace LoginEtl.Postgres.Writing;

/// <summary>Reads and writes one of the two ledgers.</summary>
internal sealed class LedgerCopy(QualifiedName ledger, TimeSpan timeout)
{
    private readonly string _copy = $"COPY {ledger.Quoted} (key, outcome, batch, {SchemaNames.SchemaVersion}) FROM STDIN (FORMAT BINARY)";
    private readonly string _probe = $"SELECT key, batch, outcome FROM {ledger.Quoted} WHERE key = ANY ($1)";
    private readonly string _quarantine = $"UPDATE {ledger.Quoted} SET outcome = {(short)LedgerOutcome.Quarantined} WHERE key = ANY ($1) AND batch = $2";

    /// <summary>Records messages as settled.</summary>
    /// <returns>False when one of them was settled before: the transaction is over.</returns>
    public async Task<bool> TryWriteAsync(
        NpgsqlConnection connection, IReadOnlyList<BatchItem> items, Guid batch, CancellationToken cancellationToken)
    {
        try
        {
            var importer = await connection.BeginBinaryImportAsync(_copy, cancellationToken).ConfigureAwait(false);
            await using var _ = importer.ConfigureAwait(false);
            importer.Timeout = timeout;
            foreach (var item in items)
            {
                var outcome = item.Refusal is null ? LedgerOutcome.Written : LedgerOutcome.Quarantined;
                await importer.StartRowAsync(cancellationToken).ConfigureAwait(false);
                await importer.WriteAsync(item.Key, NpgsqlDbType.Uuid, cancellationToken).ConfigureAwait(false);
                await importer.WriteAsync((short)outcome, NpgsqlDbType.Smallint, cancellationToken).ConfigureAwait(false);
                await importer.WriteAsync(batch, NpgsqlDbType.Uuid, cancellationToken).ConfigureAwait(false);
                await importer.WriteAsync(SchemaRecord.Current, NpgsqlDbType.Smallint, cancellationToken).ConfigureAwait(false);
            }

            return await importer.CompleteAsync(cancellationToken).ConfigureAwait(false) == (ulong)items.Count ? true : throw CompanionTable.NotTaken(ledger);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // The key is the ledger's only unique constraint.
            return false;
        }
    }

    /// <summary>Which of the keys are settled, by which batch and how.</summary>
    public async Task<List<(Guid Key, Guid Batch, LedgerOutcome Outcome)>> ProbeAsync(
        NpgsqlConnection connection, IEnumerable<Guid> keys, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using var _ = batch.ConfigureAwait(false);
        // The planner takes thousands of keys for a reason to read the whole ledger, until it has millions of rows.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL enable_seqscan = off"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(_probe) { Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = keys.ToArray() } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL enable_seqscan TO DEFAULT"));
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        var found = new List<(Guid, Guid, LedgerOutcome)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found.Add((reader.GetGuid(0), reader.GetGuid(1), (LedgerOutcome)reader.GetInt16(2)));
        }

        return found;
    }

    /// <summary>Turns entries of this transaction from written to quarantined.</summary>
    public async Task QuarantineAsync(
        NpgsqlConnection connection, IEnumerable<Guid> keys, Guid batch, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(_quarantine, connection);
        await using var _ = command.ConfigureAwait(false);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = keys.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = batch });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
