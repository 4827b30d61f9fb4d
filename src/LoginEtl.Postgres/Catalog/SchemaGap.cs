using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Run;
using Npgsql;

namespace LoginEtl.Postgres.Catalog;

/// <summary>What the relations of an earlier version lack.</summary>
internal static class SchemaGap
{
    private const string Columns =
        """
        SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE n.nspname = $1 AND c.relname = ANY ($2)
        """;

    /// <summary>The fault of relations of an earlier version: it says what is to be made.</summary>
    public static async Task<LoginEtlException> OutdatedAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync(
            Columns, [table.Schema, SchemaNames.All], r => (Relation: r.GetString(0), Column: r.IsDBNull(1) ? null : r.GetString(1)), cancellationToken).ConfigureAwait(false);
        var missing = Missing(table, rows.ToLookup(r => r.Relation, r => r.Column));
        return new LoginEtlException(
            ErrorId.SchemaOutdated,
            $"The tables beside {table} were made by an earlier version than this program ({ProgramVersion.Text}). Nothing was written or deleted.",
            $"Run Initialize-LoginDatabase, which {(missing.Count == 0 ? "brings them up to date" : string.Join(", ", missing))}; Initialize-LoginDatabase -WhatIf prints the statements first.");
    }

    // Of a relation that is something else nothing is said here.
    private static List<string> Missing(QualifiedName table, ILookup<string, string?> found) =>
    [
        .. SchemaNames.All.Where(n => !found.Contains(n)).Select(n => $"makes {table.Beside(n)}"),
        .. new[] { SchemaNames.Ledger, SchemaNames.FileLedger }.Where(n => SchemaNames.LedgerBefore.All(found[n].Contains) && !found[n].Contains(SchemaNames.SchemaVersion))
            .Select(n => $"adds {SchemaNames.SchemaVersion} to {table.Beside(n)}"),
        .. new[] { SchemaNames.Keys }.Where(n => found[n].Contains("state") && !found[n].Contains(SchemaNames.CheckValue)).Select(n => $"adds {SchemaNames.CheckValue} to {table.Beside(n)}"),
        .. SchemaNames.AddedToQuarantine.Where(c => SchemaNames.QuarantineColumns.All(found[SchemaNames.Quarantine].Contains) && !found[SchemaNames.Quarantine].Contains(c.Name))
            .Select(c => $"adds {c.Name} to {table.Beside(SchemaNames.Quarantine)}"),
        .. SchemaNames.AddedToAuditAnchor.Where(c => SchemaNames.AuditAnchorBefore.All(found[SchemaNames.AuditAnchor].Contains) && !found[SchemaNames.AuditAnchor].Contains(c))
            .Select(c => $"adds {c} to {table.Beside(SchemaNames.AuditAnchor)}"),
    ];
}
