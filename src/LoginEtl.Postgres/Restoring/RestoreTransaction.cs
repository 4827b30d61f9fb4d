using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Targets;
using LoginEtl.Postgres.Writing;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Settings;
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
    private readonly RestoreLedgers _ledgers = new(table.Name);
    private readonly string _mark =
        $"UPDATE {table.Name.Beside(SchemaNames.Quarantine).Quoted} SET {SchemaNames.RestoredAt} = now() WHERE id = ANY ($1) AND {SchemaNames.RestoredAt} IS NULL";

    /// <summary>The table that it restores to, as it was read.</summary>
    public LiveTable Table => table.Live;

    /// <summary>Does everything but the commit.</summary>
    /// <returns>One result a request, in their order; null when it is to be begun anew: the table is not what it was
    /// when it was read, or somebody else has just settled one of the logins.</returns>
    public async Task<RestoreResult[]?> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<RestoreRequest> requests, CancellationToken cancellationToken)
    {
        var start = await _start.RunAsync(connection, lastIsThere: "true", cancellationToken).ConfigureAwait(false);
        if (!start.TableIsAsRead)
        {
            return null;
        }

        var states = await _lock.TakeAsync(connection, requests.Select(r => r.Entry.Id), cancellationToken).ConfigureAwait(false);
        var places = requests.Select(r => states.TryGetValue(r.Entry.Id, out var state) ? RestorePlaces.Of(state, r.Record) : null).ToList();
        var settled = await _ledgers.SettledAsync(connection, places.OfType<RestorePlaces>(), cancellationToken).ConfigureAwait(false);
        var results = new RestoreResult[requests.Count];
        var items = new Dictionary<LedgerPlace, BatchItem>();
        for (var i = 0; i < results.Length; i++)
        {
            var (entry, record) = requests[i];
            if (places[i] is not { } at)
            {
                results[i] = new RestoreResult(entry, RestoreOutcome.Missing);
            }
            else if (at.State.IsDismissed)
            {
                results[i] = new RestoreResult(entry, RestoreOutcome.Dismissed);
            }
            else if (at.State.IsRestored || settled.Contains(at.Own) || settled.Contains(at.Login))
            {
                results[i] = new RestoreResult(entry, RestoreOutcome.AlreadyRestored);
            }
            else if (items.ContainsKey(at.Login))
            {
                // The same login once more: it shares the fate of the first.
                continue;
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
                items.Add(at.Login, new BatchItem { Ordinal = i, Key = at.Login.Key, IsLine = at.Login.IsLine, Login = record, Row = row });
            }
        }

        await _registration.RegisterAsync(connection, KeyRegistration.KeysOf(items.Values.Select(i => i.Login)), start.Keys, cancellationToken).ConfigureAwait(false);
        var rows = items.Count == 0 ? RowResults.AllWritten
            : await _rows.InsertAsync(connection, BatchPlan.InTableOrder([.. items.Values], table), cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i] is null)
            {
                var (entry, item) = (requests[i].Entry, items[places[i]!.Login]);
                results[i] = rows.Refused.TryGetValue(item, out var refusal) ? Refused(entry, refusal)
                    : new RestoreResult(entry, item.Ordinal != i ? RestoreOutcome.AlreadyRestored : rows.Suppressed.Contains(item) ? RestoreOutcome.Suppressed : RestoreOutcome.Restored);
            }
        }

        // Those too whose login became a row by another entry or message.
        var done = Enumerable.Range(0, results.Length)
            .Where(i => results[i].Outcome is RestoreOutcome.Restored or RestoreOutcome.Suppressed or RestoreOutcome.AlreadyRestored).ToList();
        if (!await _ledgers.TryMarkAsync(connection, done.Select(i => places[i]!), settled, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        await connection.RunAsync(_mark, [done.Select(i => requests[i].Entry.Id).ToArray()], cancellationToken).ConfigureAwait(false);
        await _vault.WriteAsync(
            connection, items.Values.Where(i => !rows.Refused.ContainsKey(i)).Select(i => i.Login).OfType<LoginRecord>(), cancellationToken).ConfigureAwait(false);
        return results;
    }

    private static RestoreResult Refused(QuarantineEntry entry, Refusal refusal) =>
        new(entry, RestoreOutcome.Refused, refusal.Reason.Code(), refusal.Field, refusal.SqlState, refusal.Constraint);
}
