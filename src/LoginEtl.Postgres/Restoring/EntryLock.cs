using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Restoring;

/// <summary>Locks entries for whoever settles them.</summary>
internal sealed class EntryLock(QualifiedName quarantine)
{
    private readonly string _query =
        $"""
        SELECT id, key, source IS NOT NULL, {SchemaNames.RestoredAt} IS NOT NULL, {SchemaNames.DismissedAt} IS NOT NULL
        FROM {quarantine.Quoted} WHERE id = ANY ($1) ORDER BY id FOR UPDATE
        """;

    /// <summary>The states of those that are there, by their ids.</summary>
    /// <remarks>In the order of their ids, so that two who settle the same entries queue up instead of deadlocking.</remarks>
    public async Task<Dictionary<long, EntryState>> TakeAsync(NpgsqlConnection connection, IEnumerable<long> ids, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            _query, [ids.ToArray()],
            r => (Id: r.GetInt64(0), State: new EntryState(r.GetGuid(1), r.GetBoolean(2), r.GetBoolean(3), r.GetBoolean(4))), cancellationToken).ConfigureAwait(false);
        return found.ToDictionary(f => f.Id, f => f.State);
    }
}

/// <summary>An entry as the transaction that settles it finds and locks it.</summary>
/// <param name="Key">In the ledger.</param>
/// <param name="IsLine">The file ledger's, and not the queue ledger's.</param>
/// <param name="IsRestored">It became a row before.</param>
/// <param name="IsDismissed">It was dismissed before.</param>
internal readonly record struct EntryState(Guid Key, bool IsLine, bool IsRestored, bool IsDismissed);
