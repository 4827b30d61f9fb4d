using System.Globalization;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Rotation;
using Npgsql;

namespace LoginEtl.Postgres.Keys;

/// <summary>A look at the tokens of a table that costs about the same however large it is.</summary>
internal static class TableSample
{
    // Of 8 kB, some fifteen thousand rows. A key whose rows stand in one block of a hundred is missed once in 150 looks.
    private const long MostBlocks = 500;

    private const string Blocks =
        $"""
        {TableLeaves.Tree}
        SELECT coalesce(sum(pg_catalog.pg_relation_size(c.oid::regclass)), 0)::bigint / current_setting('block_size')::bigint FROM tree t JOIN pg_class c ON c.oid = t.oid WHERE c.relkind = 'r'
        """;

    /// <summary>The table whole where it is small, and blocks at random where it is not; null when the user may not read it, or not all of it.</summary>
    public static async Task<TokenSample?> ReadAsync(NpgsqlConnection connection, LiveTable table, CancellationToken cancellationToken)
    {
        if (table.HasRowSecurity)
        {
            return null;
        }

        var blocks = (await connection.QueryAsync(Blocks, [table.Name.Quoted], r => r.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];
        if (blocks == 0)
        {
            return new TokenSample([], IsWhole: true);
        }

        if (new[] { table.Find(RecordField.MaskedIp), table.Find(RecordField.MaskedDeviceId) }.Any(c => c is { IsSelectable: false }))
        {
            return null;
        }

        var columns = new TokenColumns(table);
        var isWhole = blocks <= MostBlocks;
        var sample = isWhole ? "" : string.Create(CultureInfo.InvariantCulture, $"TABLESAMPLE SYSTEM ({100.0 * MostBlocks / blocks})");
        var counts = await connection.QueryAsync(
            $"""
            SELECT {TokenColumns.Prefix($"t.{columns.Ip}::text")}, {TokenColumns.Prefix($"t.{columns.DeviceId}::text")}, count(*), {Shape($"t.{columns.Ip}::text")}, {Shape($"t.{columns.DeviceId}::text")}
            FROM {table.Name.Quoted} AS t {sample} GROUP BY 1, 2, 4, 5 ORDER BY 1, 2, 4, 5
            """,
            [], r => (Ip: Text(r, 0), DeviceId: Text(r, 1), Rows: r.GetInt64(2), IpShape: Text(r, 3), DeviceShape: Text(r, 4)), cancellationToken).ConfigureAwait(false);
        return new TokenSample(
            [
                .. counts.GroupBy(c => c.Ip).Where(g => g.Key is not null).Select(g => new PrefixCount(LoginFields.Ip, g.Key!, g.Sum(c => c.Rows))),
                .. counts.GroupBy(c => c.DeviceId).Where(g => g.Key is not null).Select(g => new PrefixCount(LoginFields.DeviceId, g.Key!, g.Sum(c => c.Rows))),
            ],
            isWhole)
        {
            Others = [.. Others(LoginFields.Ip, counts.Select(c => (c.IpShape, c.Rows))), .. Others(LoginFields.DeviceId, counts.Select(c => (c.DeviceShape, c.Rows)))],
        };

        static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
    }

    private static IEnumerable<ForeignValues> Others(string attribute, IEnumerable<(string? Shape, long Rows)> counts) => ForeignShape.All
        .Select(s => new ForeignValues(attribute, s, counts.Where(c => c.Shape == s.Name).Sum(c => c.Rows))).Where(v => v.Rows > 0);

    // Null for tokens, and where nothing is.
    private static string Shape(string value) =>
        $"CASE WHEN {value} IS NULL OR {TokenColumns.Prefix(value)} IS NOT NULL THEN NULL {string.Join(" ", ForeignShape.All.Where(s => s.Pattern.Length > 0).Select(s => $"WHEN {value} ~ '^({s.Pattern})$' THEN '{s.Name}'"))} ELSE '{ForeignShape.All[^1].Name}' END";
}
