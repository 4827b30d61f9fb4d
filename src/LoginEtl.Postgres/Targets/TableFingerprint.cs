using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Targets;

/// <summary>
/// What the catalogue says of a table, as one text, and the query that reads it: a text that is another means that the
/// table may not be what rows were encoded for.
/// </summary>
/// <param name="Query">Reads it: one row of one text, or of null where there is no such table.</param>
/// <param name="Text">As it was read.</param>
/// <remarks>
/// Every batch asks for it, so it is made of plain columns, and asks for keys, triggers and partitions only where the
/// table has any: that the table had none, or has some now, is part of the text.
/// </remarks>
internal sealed record TableFingerprint(string Query, string? Text)
{
    // Binary COPY goes to them, too. What a writer reads of the keys is looked at as it is read.
    private static readonly string[] Besides = [SchemaNames.Ledger, SchemaNames.FileLedger, SchemaNames.Quarantine];

    // Read again when it changes in between.
    private const int MostReads = 20;

    /// <summary>Reads it: before anything else of the table is read, so that a later change makes it another.</summary>
    public static async Task<TableFingerprint> ReadAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        for (var reads = 1; ; reads++)
        {
            var parts = await connection.QueryAsync(
                $"SELECT c.relhasindex, c.relhastriggers, c.relkind = 'p' FROM pg_class c WHERE c.oid = {Oid(table)}", [],
                r => (Keys: r.GetBoolean(0), Triggers: r.GetBoolean(1), Partitions: r.GetBoolean(2)), cancellationToken).ConfigureAwait(false);
            var (keys, triggers, partitions) = parts.FirstOrDefault();
            var query = QueryOf(table, keys, triggers, partitions);
            var text = (await connection.QueryAsync(query, [], r => r.GetString(0), cancellationToken).ConfigureAwait(false)).FirstOrDefault();
            if (text is null || text.StartsWith($"{Flag(keys)}{Flag(triggers)}{Flag(partitions)}", StringComparison.Ordinal) || reads == MostReads)
            {
                return new TableFingerprint(query, text);
            }
        }
    }

    private static string QueryOf(QualifiedName table, bool keys, bool triggers, bool partitions) =>
        $"""
        SELECT pg_catalog.concat_ws(' ', pg_catalog.concat(c.relhasindex, c.relhastriggers, c.relkind = 'p', c.relkind, c.relpersistence, c.relhasrules, pg_catalog.row_security_active(c.oid)), c.oid,
            (SELECT string_agg((a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated)::text, '' ORDER BY a.attnum)
             FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
            {(keys ? ", (SELECT string_agg((i.indexrelid::regclass, i.indisprimary, i.indisvalid, i.indimmediate, i.indkey, i.indnkeyatts, i.indpred IS NULL)::text, '' ORDER BY i.indexrelid) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique)" : "")}
            {(triggers ? ", (SELECT string_agg((t.oid, t.tgtype, t.tgenabled)::text, '' ORDER BY t.oid) FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)" : "")}
            , (SELECT string_agg((a.attrelid, a.attname, a.atttypid)::text, '' ORDER BY a.attrelid, a.attnum) FROM pg_attribute a
               WHERE a.attrelid = ANY ({Oids(table, Besides)}) AND a.attnum > 0)
            , (SELECT string_agg((b.oid, b.relowner,
                CASE WHEN b.relhastriggers THEN (SELECT string_agg((t.oid, t.tgenabled)::text, '' ORDER BY t.oid) FROM pg_trigger t WHERE t.tgrelid = b.oid) END,
                (SELECT string_agg(s.oid::text, ' ' ORDER BY s.oid) FROM pg_statistic_ext s WHERE s.stxrelid = b.oid AND s.stxexprs IS NOT NULL),
                CASE WHEN b.relhasrules THEN (SELECT string_agg(r.oid::text, ' ' ORDER BY r.oid) FROM pg_rewrite r WHERE r.ev_class = b.oid) END)::text, '' ORDER BY b.oid)
               FROM pg_class b WHERE b.oid = ANY ({Oids(table, SchemaNames.TrustedByRuns.Append(SchemaNames.Vault))}))
            {(partitions ? ", (SELECT string_agg((p.oid, p.relkind, p.relpersistence)::text, '' ORDER BY p.oid) FROM pg_catalog.pg_partition_tree(c.oid::regclass) t JOIN pg_class p ON p.oid = t.relid::oid)" : "")})
        FROM pg_class c WHERE c.oid = {Oid(table)}
        """;

    private static string Oids(QualifiedName table, IEnumerable<string> beside) => $"ARRAY[{string.Join(", ", beside.Select(b => Oid(table.Beside(b))))}]::oid[]";

    private static string Oid(QualifiedName table) => $"pg_catalog.to_regclass({table.Literal})::oid";

    private static char Flag(bool value) => value ? 't' : 'f';
}
