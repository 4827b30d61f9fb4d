using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Rotation;
using Npgsql;

namespace LoginEtl.Postgres.Rotation;

/// <summary>Cuts a table with all its partitions, and the quarantine, into ranges.</summary>
internal static class TableRanges
{
    // Of the server's usual block of 8 kB, filled with rows of this kind.
    private const double UsualRowsABlock = 30;

    private const string Leaves =
        $"""
        {TableLeaves.Tree}
        SELECT n.nspname, c.relname, pg_catalog.pg_relation_size(c.oid::regclass) / current_setting('block_size')::bigint, c.reltuples::float8, c.relpages::bigint
        FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r'
        ORDER BY c.oid
        """;

    /// <summary>Ranges of about so many rows, as far as the server's statistics say.</summary>
    public static async Task<List<RowRange>> CutAsync(NpgsqlConnection connection, LiveTable table, int rows, CancellationToken cancellationToken)
    {
        var leaves = await connection.QueryAsync(
            Leaves, [table.Name.Quoted],
            r => (Name: new QualifiedName(r.GetString(0), r.GetString(1)), Blocks: r.GetInt64(2), Rows: r.GetDouble(3), Pages: r.GetInt64(4)),
            cancellationToken).ConfigureAwait(false);
        var ranges = new List<RowRange>();
        foreach (var leaf in leaves)
        {
            var rowsABlock = leaf is { Rows: > 0, Pages: > 0 } ? leaf.Rows / leaf.Pages : UsualRowsABlock;
            Cut(ranges, leaf.Name, 0, leaf.Blocks, (long)Math.Max(1, rows / Math.Max(rowsABlock, 1)));
        }

        var quarantine = table.Name.Beside(SchemaNames.Quarantine);
        var last = await connection.QueryAsync(
            $"SELECT coalesce(max(id), 0) FROM {quarantine.Quoted}", [], r => r.GetInt64(0), cancellationToken).ConfigureAwait(false);
        Cut(ranges, quarantine, 1, last[0] + 1, rows);
        return ranges;
    }

    private static void Cut(List<RowRange> ranges, QualifiedName relation, long first, long end, long step)
    {
        for (var at = first; at < end; at += step)
        {
            ranges.Add(new RowRange(relation.Quoted, at, Math.Min(at + step, end)));
        }
    }
}
