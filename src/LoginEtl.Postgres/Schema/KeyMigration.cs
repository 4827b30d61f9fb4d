using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Rotation;
using LoginEtl.Postgres.Targets;
using LoginEtl.Tokens;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>
/// The table of keys where an earlier version made it, or has written rows without one: from then on it holds every key that
/// rows were written under.
/// </summary>
internal static class KeyMigration
{
    // It may be something else of that name.
    private const string MayReadRecords =
        "SELECT coalesce((SELECT pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT') FROM pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass($1)::oid AND a.attname = 'record' AND NOT a.attisdropped), false)";

    /// <summary>
    /// What it takes. Reads all of the table, once: while no key is registered, or the table of keys is an earlier version's; and
    /// nothing of a stranger's, which could run code with the rights of whoever installs.
    /// </summary>
    /// <param name="connection">Open.</param>
    /// <param name="table">Beside which the table of keys stands.</param>
    /// <param name="live">The table that rows are read of; null where there is none, or it is a stranger's.</param>
    /// <param name="existing">What is there beside it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>None for something else of that name: it stays as it is, and pre-flight says so.</returns>
    public static async Task<List<string>> StatementsAsync(
        NpgsqlConnection connection, QualifiedName table, LiveTable? live, HashSet<string> existing, CancellationToken cancellationToken)
    {
        var keys = table.Beside(SchemaNames.Keys);
        var statements = new List<string>();
        if (existing.Contains(SchemaNames.Keys))
        {
            var columns = await TableNames.ColumnsAsync(connection, keys, cancellationToken).ConfigureAwait(false);
            if (!columns.IsSupersetOf(SchemaNames.KeyColumns.Where(c => c != SchemaNames.CheckValue)))
            {
                return statements;
            }

            if (!columns.Contains(SchemaNames.CheckValue))
            {
                statements.Add(SchemaStatements.AddToKeys(keys));
            }
            else if ((await connection.QueryAsync($"SELECT EXISTS (SELECT FROM {keys.Quoted})", [], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0])
            {
                return statements;
            }
        }

        if (live is not { Kind: 'r' or 'p', HasRowSecurity: false } || live.Find(RecordField.MaskedIp) is not { IsSelectable: true } || live.Find(RecordField.MaskedDeviceId) is not { IsSelectable: true })
        {
            return statements;
        }

        var hasQuarantine = existing.Contains(SchemaNames.Quarantine)
            && (await connection.QueryAsync(MayReadRecords, [table.Beside(SchemaNames.Quarantine).Quoted], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];
        var found = (await PrefixCounts.CountAsync(connection, new TokenColumns(live).AllValues(table, hasQuarantine), cancellationToken).ConfigureAwait(false))
            .Where(f => f.Prefix is not null && IsPrefix(f.Prefix)).ToList();
        if (found.Count > 0)
        {
            statements.Add(SchemaStatements.RegisterKeys(keys, found));
        }

        return statements;
    }

    // What rows hold may be anything, and this goes into a statement.
    private static bool IsPrefix(string text) =>
        TokenPrefix.Of($"{text}a") == text && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
