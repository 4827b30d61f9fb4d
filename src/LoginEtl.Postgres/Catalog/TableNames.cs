using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Catalog;

/// <summary>Finds tables by the name the user gave, under PostgreSQL's own rules of quoting, folding and search path.</summary>
internal static class TableNames
{
    /// <summary>Relations of a schema; null when the schema itself is missing.</summary>
    public static async Task<HashSet<string>?> ExistingAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var names = await connection.QueryAsync(
            "SELECT c.relname FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') WHERE n.nspname = $1",
            [schema], r => r.IsDBNull(0) ? "" : r.GetString(0), cancellationToken).ConfigureAwait(false);
        return names.Count == 0 ? null : names.ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>A relation's columns.</summary>
    public static async Task<HashSet<string>> ColumnsAsync(NpgsqlConnection connection, QualifiedName relation, CancellationToken cancellationToken)
    {
        var names = await connection.QueryAsync(
            "SELECT attname FROM pg_attribute WHERE attrelid = pg_catalog.to_regclass($1)::oid AND attnum > 0 AND NOT attisdropped",
            [relation.Quoted], r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        return names.ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Whether the server refused the text as a name: older servers do so in to_regclass, all of them in parse_ident.</summary>
    public static bool IsInvalid(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.InvalidName or PostgresErrorCodes.SyntaxError or PostgresErrorCodes.InvalidParameterValue;

    /// <summary>Whether the server refused it because it names a database that is not the connection's.</summary>
    public static bool IsOfAnotherDatabase(PostgresException e) => e.SqlState == PostgresErrorCodes.FeatureNotSupported;

    /// <summary>A name of three parts.</summary>
    public static LoginEtlException OfAnotherDatabase() => new(
        ErrorId.InvalidTableName, "The table's name names a database as well, and a connection reaches the tables of its own alone.",
        "Give table or schema.table, and name the database in -Database.");
}
