using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Rotation;
using LoginEtl.Quarantine;
using LoginEtl.Rotation;
using LoginEtl.Subjects;
using Npgsql;

namespace LoginEtl.Postgres.Subjects;

/// <summary>
/// Removes a person's rows, empties their entries of the quarantine and deletes originals that nobody else's row needs, all but
/// the commit. The ledgers stay, so a redelivery makes nothing.
/// </summary>
/// <param name="queries">Of the person.</param>
/// <param name="subject">The person.</param>
/// <param name="opened">What was found in sealed bodies.</param>
internal sealed class EraseTransaction(SubjectQueries queries, Subject subject, SealedFindings opened)
{
    // What waits for COMMIT is checked before the audit's line says what is about to be done.
    private const string Start =
        """
        SET LOCAL row_security = off;
        SET LOCAL synchronous_commit = on;
        SET CONSTRAINTS ALL IMMEDIATE;
        SELECT CASE WHEN current_setting('idle_in_transaction_session_timeout') = '0' THEN set_config('idle_in_transaction_session_timeout', '120s', true) END
        """;

    private readonly long[] _opened = [.. opened.Entries];

    // Both counts are of one snapshot: what a trigger keeps from being deleted is missed.
    private string DeleteRows =>
        $"""
        WITH gone AS (DELETE FROM {queries.Table.Quoted} WHERE {queries.IsRow} RETURNING {queries.TokensOfRow})
        SELECT DISTINCT ip, device_id, NULL::bigint, NULL::bigint FROM gone g(ip, device_id) WHERE {SubjectQueries.MayHaveOriginal}
        UNION ALL SELECT NULL, NULL, (SELECT count(*) FROM gone), count(*) FROM {queries.Table.Quoted} WHERE {queries.IsRow}
        """;

    private string FindEntries =>
        $"""
        SELECT {SubjectQueries.TokensOfRecord}, id FROM {queries.Quarantine.Quoted}
        WHERE (sealed_body IS NOT NULL OR record IS NOT NULL) AND ({queries.IsRecord} OR id = ANY ($1)) ORDER BY id FOR UPDATE
        """;

    // As a dismissal leaves them; one that was restored before keeps its time.
    private string EmptyEntries =>
        $"""
        UPDATE {queries.Quarantine.Quoted}
        SET {SchemaNames.DismissedAt} = now(), {SchemaNames.DismissedBy} = session_user, {SchemaNames.DismissalReason} = $2, sealed_body = NULL, record = NULL
        WHERE id = ANY ($1)
        """;

    /// <summary>Does it.</summary>
    /// <returns>What was removed.</returns>
    /// <exception cref="LoginEtlException"><c>SubjectNotSearched</c>, <c>WriteFailed</c>: rows were kept; <c>ForeignObject</c>.</exception>
    public async Task<SubjectCounts> RunAsync(NpgsqlConnection connection, Dismissal dismissal, CancellationToken cancellationToken)
    {
        await connection.RunAsync(Start, cancellationToken).ConfigureAwait(false);
        // Keys stay what they are meanwhile.
        await connection.RunAsync($"SELECT {KeyLock.Shared(queries.Table.Beside(SchemaNames.Keys))}", cancellationToken).ConfigureAwait(false);
        await WriteLock.TakeAsync(
            connection, queries.Table, [WriteLock.ToUpdate(queries.Quarantine, "record")], [SchemaNames.Quarantine, SchemaNames.Vault], cancellationToken).ConfigureAwait(false);
        await RequireSearchedAsync(connection, cancellationToken).ConfigureAwait(false);

        var tokens = new HashSet<(string Attribute, string Token)>();
        if (subject.IsMasked)
        {
            tokens.UnionWith(queries.Stored.Select(t => (subject.Attribute, t)));
        }

        // Entries first: one that is being restored is waited for, and its row is there to be deleted.
        var entries = await EmptyAsync(connection, dismissal, tokens, cancellationToken).ConfigureAwait(false);
        var rows = await DeleteAsync(connection, tokens, cancellationToken).ConfigureAwait(false);
        // From here on no writer has taken an original for kept that is about to go: it waits, and seals it anew.
        await WriteLock.TakeAsync(
            connection, queries.Table, [$"LOCK TABLE {queries.Vault.Quoted} IN SHARE ROW EXCLUSIVE MODE"], [SchemaNames.Vault], cancellationToken).ConfigureAwait(false);
        tokens.ExceptWith(await SubjectSearch.NeededAsync(connection, queries, tokens, withTheirs: true, _opened, cancellationToken).ConfigureAwait(false));
        var originals = 0L;
        foreach (var group in tokens.GroupBy(t => t.Attribute))
        {
            originals += (await connection.QueryWholeAsync(
                $"DELETE FROM {queries.Vault.Quoted} WHERE attribute = $1 AND token = ANY ($2) RETURNING 1", [group.Key, group.Select(t => t.Token).ToArray()],
                _ => 0, cancellationToken).ConfigureAwait(false)).Count;
        }

        return new SubjectCounts(rows, entries, originals);
    }

    private async Task RequireSearchedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<PrefixCount> counts = subject.IsMasked ? await PrefixCounts.CountAsync(connection, queries.AllValues, cancellationToken).ConfigureAwait(false) : [];
        var remaining = await SubjectSearch.CountSealedAsync(connection, queries, [.. opened.Searched], cancellationToken).ConfigureAwait(false);
        if (subject.Refusal($"{queries.Table}", counts, remaining) is { } refusal)
        {
            throw refusal;
        }
    }

    private async Task<long> DeleteAsync(NpgsqlConnection connection, HashSet<(string Attribute, string Token)> tokens, CancellationToken cancellationToken)
    {
        var found = await connection.QueryWholeAsync(
            DeleteRows, [queries.Stored], r => (Tokens: SubjectSearch.Read(r), Counts: r.IsDBNull(2) ? ((long, long)?)null : (r.GetInt64(2), r.GetInt64(3))), cancellationToken).ConfigureAwait(false);
        foreach (var (ip, deviceId) in found.Where(f => f.Counts is null).Select(f => f.Tokens))
        {
            SubjectSearch.Add(tokens, ip, deviceId);
        }

        var (gone, there) = found.Single(f => f.Counts is not null).Counts!.Value;
        return gone >= there ? gone : throw new LoginEtlException(
            ErrorId.WriteFailed, $"{there - gone} of {there} rows of {queries.Table} stayed: a trigger keeps them, or somebody changed them at the same moment. Nothing was removed.",
            "Run it again; where it stays so, look at the triggers before DELETE.");
    }

    private async Task<long> EmptyAsync(NpgsqlConnection connection, Dismissal dismissal, HashSet<(string Attribute, string Token)> tokens, CancellationToken cancellationToken)
    {
        var found = await connection.QueryWholeAsync(
            FindEntries, [_opened, queries.InRecords], r => (Tokens: SubjectSearch.Read(r), Id: r.GetInt64(2)), cancellationToken).ConfigureAwait(false);
        foreach (var (ip, deviceId) in found.Select(f => f.Tokens))
        {
            SubjectSearch.Add(tokens, ip, deviceId);
        }

        await connection.RunAsync(EmptyEntries, [found.ConvertAll(f => f.Id).ToArray(), dismissal.Reason], cancellationToken).ConfigureAwait(false);
        return found.Count;
    }
}
