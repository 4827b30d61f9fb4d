using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Catalog;

/// <summary>Names for whoever types one.</summary>
internal static class NameListing
{
    private const string Tables =
        """
        SELECT CASE WHEN n.nspname = 'public' THEN quote_ident(c.relname) ELSE concat(quote_ident(n.nspname), '.', quote_ident(c.relname)) END
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%' AND c.relname NOT LIKE 'login\_etl\_%'
        ORDER BY 1
        """;

    private const string UniqueKeys =
        """
        SELECT DISTINCT i.relname::text
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
        WHERE c.relname = $1 AND x.indisunique AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL
        ORDER BY 1
        """;

    /// <summary>Tables of users, as -Table takes them.</summary>
    public static async Task<IReadOnlyList<string>> TablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.QueryBySystemPathAsync(Tables, [], r => r.GetString(0), cancellationToken).ConfigureAwait(false);

    /// <summary>Unique keys of the tables of this name.</summary>
    public static async Task<IReadOnlyList<string>> UniqueKeysAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken) =>
        await connection.QueryBySystemPathAsync(UniqueKeys, [table[(table.LastIndexOf('.') + 1)..].Trim('"')], r => r.GetString(0), cancellationToken).ConfigureAwait(false);
}
