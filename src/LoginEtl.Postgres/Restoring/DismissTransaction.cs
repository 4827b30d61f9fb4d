using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Quarantine;
using Npgsql;

namespace LoginEtl.Postgres.Restoring;

/// <summary>
/// Dismisses entries in one transaction. The ledger goes on saying that they are quarantined: a redelivery makes nothing. Who
/// and when are the server's.
/// </summary>
internal sealed class DismissTransaction(QualifiedName quarantine)
{
    private readonly string _dismiss =
        $"""
        UPDATE {quarantine.Quoted}
        SET {SchemaNames.DismissedAt} = now(), {SchemaNames.DismissedBy} = session_user, {SchemaNames.DismissalReason} = $2, sealed_body = NULL, record = NULL
        WHERE id = ANY ($1)
        """;

    private readonly EntryLock _lock = new(quarantine);

    /// <summary>Does everything but the commit.</summary>
    /// <returns>One result an entry, in their order.</returns>
    public async Task<DismissResult[]> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<QuarantineEntry> entries, Dismissal dismissal, CancellationToken cancellationToken)
    {
        var states = await _lock.TakeAsync(connection, entries.Select(e => e.Id), cancellationToken).ConfigureAwait(false);
        var dismissed = new HashSet<long>();
        var results = entries.Select(e => new DismissResult(
            e,
            !states.TryGetValue(e.Id, out var state) ? DismissOutcome.Missing
            : state.IsRestored ? DismissOutcome.AlreadyRestored
            : state.IsDismissed || !dismissed.Add(e.Id) ? DismissOutcome.AlreadyDismissed
            : DismissOutcome.Dismissed)).ToArray();
        if (dismissed.Count > 0)
        {
            await connection.RunAsync(_dismiss, [dismissed.ToArray(), dismissal.Reason], cancellationToken).ConfigureAwait(false);
        }

        return results;
    }
}
