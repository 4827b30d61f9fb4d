using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Catalog;

/// <summary>The tables that hold a table's rows: itself, or its partitions at every depth.</summary>
internal static class TableLeaves
{
    /// <summary>
    /// Begins a query over the table <c>$1</c>, as SQL takes it: the leaves are those of <c>tree</c>, with an <c>oid</c>, that are
    /// ordinary tables.
    /// </summary>
    public const string Tree =
        """
        WITH RECURSIVE tree AS (
            SELECT pg_catalog.to_regclass($1)::oid AS oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree t ON t.oid = i.inhparent)
        """;

    /// <summary>Their names; none while there is no such table.</summary>
    public static Task<List<QualifiedName>> NamesAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken) =>
        connection.QueryAsync(
            $"{Tree} SELECT n.nspname, c.relname FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' ORDER BY c.oid",
            [table.Quoted], r => new QualifiedName(r.GetString(0), r.GetString(1)), cancellationToken);
}
