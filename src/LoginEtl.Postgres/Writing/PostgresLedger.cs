using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Postgres.Writing;

/// <summary>Asks the ledger of messages.</summary>
/// <param name="database">Taken over.</param>
/// <param name="table">Beside which it is; a run would write it.</param>
/// <param name="settings">Of the database.</param>
/// <param name="options">Of runs.</param>
internal sealed class PostgresLedger(Database database, QualifiedName table, DatabaseSettings settings, SinkOptions options) : ILedger
{
    private readonly LedgerCopy _ledger = new(table.Beside(SchemaNames.Ledger), settings.Timeout);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LedgerAnswer>> AskAsync(IReadOnlyList<QueueDelivery> deliveries, CancellationToken cancellationToken)
    {
        if (deliveries.Count == 0)
        {
            return [];
        }

        var keys = deliveries.Select(LedgerKey.Of).ToList();
        var retry = new FaultRetry(options.RetryFor, database.Endpoint, options.Waiting);
        while (true)
        {
            try
            {
                return await AskAsync(deliveries, keys, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (FaultRetry.Concerns(e))
            {
                await retry.WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();

    private async Task<IReadOnlyList<LedgerAnswer>> AskAsync(IReadOnlyList<QueueDelivery> deliveries, List<Guid> keys, CancellationToken cancellationToken)
    {
        var connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);
        var now = (await connection.QueryAsync("SELECT now()", [], r => r.GetDateTime(0), cancellationToken).ConfigureAwait(false))[0];
        var found = (await _ledger.ProbeAsync(connection, keys, cancellationToken).ConfigureAwait(false)).ToDictionary(f => f.Key, f => f.Outcome);
        return [.. deliveries.Zip(keys, (delivery, key) =>
            found.TryGetValue(key, out var outcome) ? outcome == LedgerOutcome.Quarantined ? LedgerAnswer.Quarantined : LedgerAnswer.Written
            // A message that is moved lives on for as long as its new queue keeps it: runs look at its age again.
            : delivery.Group is null && delivery.SentTimestamp < now - LedgerAges.Horizon ? LedgerAnswer.TooOld
            : LedgerAnswer.Unsettled)];
    }
}
