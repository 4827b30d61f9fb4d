using LoginEtl.Connections;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Schema;
using LoginEtl.Postgres.Targets;
using LoginEtl.Postgres.Writing;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Settlement;
using Npgsql;

namespace LoginEtl.Postgres.Restoring;

/// <summary>Restores entries in one transaction: rows, then ledgers, then the entries' own marks.</summary>
internal sealed class RestoreTransaction(TargetTable table, SinkOptions options)
{
    private readonly RowEncoder _encoder = new(table, options.OnTooLong);
    private readonly VaultInsert _vault = new(table.Name);
    private readonly RowByRow _rows = new(table);
    private readonly TransactionStart _start = new(table, []);
    private readonly KeyRegistration _registration = new(table.Live, options.NewKey, options.DryRun);
    private readonly EntryLock _lock = new(table.Name.Beside(SchemaNames.Quarantine));
    private readonly string _quarantine = table.Name.Beside(SchemaNames.Quarantine).Quoted;

    /// <summary>The table that it restores to, as it was read.</summary>
    public LiveTable Table => table.Live;

    /// <summary>Does everything but the commit.</summary>
    /// <returns>One result a request, in their order; null when the table is not what it was when it was read.</returns>
    public async Task<RestoreResult[]?> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<RestoreRequest> requests, CancellationToken cancellationToken)
    {
        var start = await _start.RunAsync(connection, cancellationToken).ConfigureAwait(false);
        if (!start.TableIsAsRead)
        {
            return null;
        }

        var states = await _lock.TakeAsync(connection, requests.Select(r => r.Entry.Id), cancellationToken).ConfigureAwait(false);
        var settled = await SettledAsync(connection, states.Values, cancellationToken).ConfigureAwait(false);
        var results = new RestoreResult[requests.Count];
        var items = new List<BatchItem>();
        for (var i = 0; i < results.Length; i++)
        {
            var (entry, record) = requests[i];
            if (!states.TryGetValue(entry.Id, out var state))
            {
                results[i] = new RestoreResult(entry, RestoreOutcome.Missing);
            }
            else if (state.IsDismissed)
            {
                results[i] = new RestoreResult(entry, RestoreOutcome.Dismissed);
            }
            else if (state.IsRestored || !settled.Add((state.IsLine, state.Key)))
            {
                results[i] = new RestoreResult(entry, RestoreOutcome.AlreadyRestored);
            }
            else if (RetiredEntries.Refuse(requests[i], start.Keys) is { } retired)
            {
                results[i] = retired;
            }
            else if (_encoder.TryEncode(record, out var row) is { } refusal)
            {
                results[i] = Refused(entry, refusal);
            }
            else
            {
                items.Add(new BatchItem { Ordinal = i, Key = state.Key, IsLine = state.IsLine, Login = record, Row = row });
            }
        }

        await _registration.RegisterAsync(connection, KeyRegistration.KeysOf(items.Select(i => i.Login)), start.Keys, cancellationToken).ConfigureAwait(false);
        var rows = items.Count == 0 ? RowResults.AllWritten
            : await _rows.InsertAsync(connection, BatchPlan.InTableOrder(items, table), cancellationToken).ConfigureAwait(false);
        foreach (var item in items)
        {
            var entry = requests[item.Ordinal].Entry;
            results[item.Ordinal] = rows.Refused.TryGetValue(item, out var refusal) ? Refused(entry, refusal)
                : new RestoreResult(entry, rows.Suppressed.Contains(item) ? RestoreOutcome.Suppressed : RestoreOutcome.Restored);
        }

        await MarkAsync(connection, [.. items.Where(i => !rows.Refused.ContainsKey(i))], requests, cancellationToken).ConfigureAwait(false);
        await _vault.WriteAsync(
            connection, items.Where(i => !rows.Refused.ContainsKey(i)).Select(i => i.Login).OfType<LoginRecord>(), cancellationToken).ConfigureAwait(false);
        return results;
    }

    private static RestoreResult Refused(QuarantineEntry entry, Refusal refusal) =>
        new(entry, RestoreOutcome.Refused, refusal.Reason, refusal.Field, refusal.SqlState, refusal.Constraint);

    // Messages that have a row, whatever their entry says. One that the ledger has forgotten can come no more.
    private async Task<HashSet<(bool IsLine, Guid Key)>> SettledAsync(
        NpgsqlConnection connection, IEnumerable<EntryState> states, CancellationToken cancellationToken)
    {
        var settled = new HashSet<(bool, Guid)>();
        foreach (var group in states.GroupBy(s => s.IsLine))
        {
            var keys = await connection.QueryAsync(
                $"SELECT key FROM {Ledger(group.Key)} WHERE key = ANY ($1) AND outcome <> {(short)LedgerOutcome.Quarantined}",
                [group.Select(s => s.Key).ToArray()], r => r.GetGuid(0), cancellationToken).ConfigureAwait(false);
            settled.UnionWith(keys.Select(k => (group.Key, k)));
        }

        return settled;
    }

    private async Task MarkAsync(
        NpgsqlConnection connection, IReadOnlyList<BatchItem> restored, IReadOnlyList<RestoreRequest> requests, CancellationToken cancellationToken)
    {
        foreach (var group in restored.GroupBy(i => i.IsLine).OrderBy(g => g.Key))
        {
            await connection.RunAsync(
                $"UPDATE {Ledger(group.Key)} SET outcome = {(short)LedgerOutcome.Restored} WHERE key = ANY ($1)",
                [group.Select(i => i.Key).ToArray()], cancellationToken).ConfigureAwait(false);
        }

        await connection.RunAsync(
            $"UPDATE {_quarantine} SET {SchemaNames.RestoredAt} = now() WHERE id = ANY ($1)",
            [restored.Select(i => requests[i.Ordinal].Entry.Id).ToArray()], cancellationToken).ConfigureAwait(false);
    }

    private string Ledger(bool isLine) => table.Name.Beside(isLine ? SchemaNames.FileLedger : SchemaNames.Ledger).Quoted;
}
