using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Restoring;

/// <summary>What the ledgers know of entries that are restored.</summary>
internal sealed class RestoreLedgers(QualifiedName table)
{
    // One that was quarantined under the same key may be there; one that was written meanwhile counts as not done.
    private readonly string _add =
        $"""
        INSERT INTO {Ledger(table, isLine: false)} AS l (key, outcome, batch, {SchemaNames.SchemaVersion})
        SELECT k, {(short)LedgerOutcome.Restored}, gen_random_uuid(), {SchemaRecord.Current} FROM pg_catalog.unnest($1) AS k ORDER BY k
        ON CONFLICT (key) DO UPDATE SET outcome = excluded.outcome WHERE l.outcome = {(short)LedgerOutcome.Quarantined}
        RETURNING key
        """;

    /// <summary>Places whose login has a row, whatever its entry says. One that the ledger has forgotten can come no more.</summary>
    public async Task<HashSet<LedgerPlace>> SettledAsync(NpgsqlConnection connection, IEnumerable<RestorePlaces> entries, CancellationToken cancellationToken)
    {
        var settled = new HashSet<LedgerPlace>();
        foreach (var group in entries.SelectMany(e => new[] { e.Own, e.Login }).Distinct().GroupBy(p => p.IsLine))
        {
            var keys = await connection.QueryAsync(
                $"SELECT key FROM {Ledger(table, group.Key)} WHERE key = ANY ($1) AND outcome <> {(short)LedgerOutcome.Quarantined}",
                [group.Select(p => p.Key).ToArray()], r => r.GetGuid(0), cancellationToken).ConfigureAwait(false);
            settled.UnionWith(keys.Select(k => new LedgerPlace(group.Key, k)));
        }

        return settled;
    }

    /// <summary>Records that their logins have rows.</summary>
    /// <returns>False when another transaction has written one of them since they were looked for.</returns>
    public async Task<bool> TryMarkAsync(
        NpgsqlConnection connection, IEnumerable<RestorePlaces> entries, IReadOnlySet<LedgerPlace> settled, CancellationToken cancellationToken)
    {
        var all = entries.ToList();
        foreach (var group in all.Select(e => e.Own).GroupBy(p => p.IsLine).OrderBy(g => g.Key))
        {
            await connection.RunAsync(
                $"UPDATE {Ledger(table, group.Key)} SET outcome = {(short)LedgerOutcome.Restored} WHERE key = ANY ($1) AND outcome = {(short)LedgerOutcome.Quarantined}",
                [group.Select(p => p.Key).ToArray()], cancellationToken).ConfigureAwait(false);
        }

        var added = all.Where(e => e.Login != e.Own).Select(e => e.Login).Except(settled).Select(p => p.Key).ToArray();
        return added.Length == 0
            || (await connection.QueryAsync(_add, [added], r => r.GetGuid(0), cancellationToken).ConfigureAwait(false)).Count == added.Length;
    }

    private static string Ledger(QualifiedName table, bool isLine) => table.Beside(isLine ? SchemaNames.FileLedger : SchemaNames.Ledger).Quoted;
}
