using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Targets;

/// <summary>Reads the user's table from the catalogue, when a run begins, and when it has changed.</summary>
internal static class LiveTableReader
{
    private const string Relation =
        """
        SELECT c.oid, n.nspname, c.relname, c.relkind::text,
               c.relpersistence = 'p' AND NOT EXISTS (
                   SELECT FROM pg_catalog.pg_partition_tree(c.oid::regclass) t JOIN pg_class p ON p.oid = t.relid::oid WHERE p.relpersistence <> 'p'),
               pg_catalog.row_security_active(c.oid), pg_catalog.has_table_privilege(c.oid, 'INSERT'),
               EXISTS (SELECT FROM pg_catalog.pg_partition_tree(c.oid::regclass) t JOIN pg_class p ON p.oid = t.relid::oid WHERE p.relkind = 'f'),
               ARRAY(SELECT DISTINCT t.tgname::text FROM pg_trigger t
                     WHERE t.tgrelid IN (SELECT c.oid UNION SELECT p.relid FROM pg_catalog.pg_partition_tree(c.oid::regclass) p)
                         AND NOT t.tgisinternal AND t.tgtype & 7::smallint = 7::smallint AND t.tgenabled IN ('O', 'A')),
               ARRAY(SELECT r.rulename::text FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '3' AND r.ev_enabled IN ('O', 'A'))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = pg_catalog.to_regclass($1)::oid
        """;

    // ROW, BEFORE and INSERT are the lowest bits of tgtype; 3 is INSERT in ev_type.
    // A domain is followed down to its base type; a limit and a NOT NULL on the way count.
    // varchar(n) and char(n) keep n + 4 in the type modifier.
    private const string Columns =
        """
        WITH RECURSIVE base AS (
            SELECT a.attnum, a.atttypid AS typid, a.atttypmod AS typmod, a.attnotnull AS required, false AS has_default
            FROM pg_attribute a WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
            UNION ALL
            SELECT b.attnum, t.typbasetype, t.typtypmod, b.required OR t.typnotnull, b.has_default OR t.typdefault IS NOT NULL
            FROM base b JOIN pg_type t ON t.oid = b.typid WHERE t.typtype = 'd')
        SELECT a.attname,
               (SELECT CASE WHEN t.typtype = 'e' THEN 'enum' ELSE t.typname END
                FROM base b JOIN pg_type t ON t.oid = b.typid WHERE b.attnum = a.attnum AND t.typtype <> 'd'),
               format_type(a.atttypid, a.atttypmod),
               (SELECT pg_catalog.format('%I.%I', n.nspname, t.typname)
                FROM base b JOIN pg_type t ON t.oid = b.typid JOIN pg_namespace n ON n.oid = t.typnamespace WHERE b.attnum = a.attnum AND t.typtype <> 'd'),
               (SELECT min(b.typmod - 4) FROM base b WHERE b.attnum = a.attnum AND b.typmod > 4),
               (SELECT bool_or(b.required) AND NOT bool_or(b.has_default) FROM base b WHERE b.attnum = a.attnum)
                   AND NOT a.atthasdef AND a.attidentity = '',
               a.attgenerated <> '' OR a.attidentity = 'a',
               pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'INSERT'),
               pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'), pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'UPDATE'),
               (SELECT l.collname FROM pg_collation l WHERE l.oid = a.attcollation AND NOT l.collisdeterministic)
        FROM pg_attribute a WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
        """;

    private const string UniqueKeys =
        """
        SELECT x.relname, coalesce(pg_catalog.array_agg(a.attname::text ORDER BY k.place) FILTER (WHERE k.attnum <> 0), '{}'),
               bool_and(i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND k.attnum <> 0),
               ARRAY(SELECT p.relname::text FROM pg_catalog.pg_partition_tree(i.indexrelid) t JOIN pg_class p ON p.oid = t.relid::oid UNION SELECT x.relname::text)
        FROM pg_index i
        JOIN pg_class x ON x.oid = i.indexrelid
        CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY k(attnum, place)
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = $1::oid AND i.indisunique AND k.place <= i.indnkeyatts
        GROUP BY i.indexrelid, i.indisprimary, x.relname
        ORDER BY i.indisprimary DESC, i.indexrelid
        """;

    private const string PartitionKeys =
        """
        SELECT c.relname, coalesce(a.attname, '')
        FROM pg_catalog.pg_partition_tree($1::oid::regclass) t JOIN pg_class c ON c.oid = t.relid::oid JOIN pg_partitioned_table p ON p.partrelid = c.oid
        CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs::smallint[]) k(attnum)
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum <> 0
        """;

    // VALUE, as a domain's constraint calls it, is a column of that name to everybody else. SuspectRows asks the conditions
    // under the search path that they are read under.
    private const string Rules =
        """
        WITH RECURSIVE base AS (
            SELECT a.attname, a.atttypid AS typid, a.attnotnull AS required
            FROM pg_attribute a WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
            UNION ALL
            SELECT b.attname, t.typbasetype, t.typnotnull
            FROM base b JOIN pg_type t ON t.oid = b.typid WHERE t.typtype = 'd')
        SELECT pg_get_expr(c.conbin, c.conrelid),
               ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey))
        FROM pg_constraint c WHERE c.conrelid = $1::oid AND c.contype = 'c'
        UNION ALL
        SELECT pg_catalog.format('(SELECT %s FROM (SELECT %I) AS v(value))', pg_get_expr(c.conbin, 0::oid), b.attname), ARRAY[b.attname::text]
        FROM base b JOIN pg_constraint c ON c.contypid = b.typid WHERE c.contype = 'c'
        UNION ALL
        SELECT DISTINCT pg_catalog.format('%I IS NOT NULL', b.attname), ARRAY[b.attname::text] FROM base b WHERE b.required
        """;

    /// <summary>The table that the settings name; null when there is none of that name.</summary>
    public static async Task<LiveTable?> ReadAsync(NpgsqlConnection connection, DatabaseSettings settings, CancellationToken cancellationToken)
    {
        var name = await SearchPath.MeantAsync(connection, settings.Table, cancellationToken).ConfigureAwait(false);
        // First of all that is kept: what changes from here on makes it another.
        var fingerprint = await TableFingerprint.ReadAsync(connection, name, cancellationToken).ConfigureAwait(false);
        return await FindAsync(connection, name, cancellationToken).ConfigureAwait(false) is { } relation
            ? await WithColumnsAsync(connection, relation with { Fingerprint = fingerprint, Names = settings.ColumnNames }, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private static async Task<LiveTable?> FindAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            Relation, [table.Quoted],
            r => new LiveTable(
                r.GetFieldValue<uint>(0), new QualifiedName(r.GetString(1), r.GetString(2)), r.GetString(3)[0], r.GetBoolean(4), r.GetBoolean(5), [], [], [])
            {
                IsInsertable = r.GetBoolean(6),
                HasForeignPartition = r.GetBoolean(7),
                RowTriggers = r.GetFieldValue<string[]>(8),
                InsertRules = r.GetFieldValue<string[]>(9),
            },
            cancellationToken).ConfigureAwait(false);
        return found is [var relation] ? relation : null;
    }

    private static async Task<LiveTable> WithColumnsAsync(NpgsqlConnection connection, LiveTable relation, CancellationToken cancellationToken)
    {
        object oid = (long)relation.Oid;
        var columns = await connection.QueryAsync(Columns, [oid], ReadColumn, cancellationToken).ConfigureAwait(false);
        var keys = await connection.QueryAsync(UniqueKeys, [oid], ReadKey, cancellationToken).ConfigureAwait(false);
        var rules = await connection.QueryBySystemPathAsync(
            Rules, [oid], r => new RowRule(r.GetString(0), r.GetFieldValue<string[]>(1)), cancellationToken).ConfigureAwait(false);
        var partitions = relation.Kind != 'p' ? [] : await connection.QueryAsync(
            PartitionKeys, [oid], r => (Table: r.GetString(0), Column: r.GetString(1)), cancellationToken).ConfigureAwait(false);
        return relation with { Columns = columns, UniqueKeys = keys, Rules = rules, PartitionKeys = partitions.ToLookup(p => p.Table, p => p.Column) };
    }

    private static UniqueKey ReadKey(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetFieldValue<string[]>(1), row.GetBoolean(2), row.GetFieldValue<string[]>(3));

    private static LiveColumn ReadColumn(NpgsqlDataReader row)
    {
        var type = row.GetString(1) switch
        {
            "text" or "varchar" or "bpchar" or "citext" => ColumnType.Text,
            "enum" => ColumnType.Enum,
            "int2" => ColumnType.Int2,
            "int4" => ColumnType.Int4,
            "int8" => ColumnType.Int8,
            "date" => ColumnType.Date,
            "timestamp" => ColumnType.Timestamp,
            "timestamptz" => ColumnType.TimestampTz,
            "uuid" => ColumnType.Uuid,
            _ => ColumnType.Other,
        };
        return new LiveColumn(
            row.GetString(0), type, row.GetString(2), row.GetString(3), type == ColumnType.Text && !row.IsDBNull(4) ? row.GetInt32(4) : null,
            IsRequired: row.GetBoolean(5), IsComputed: row.GetBoolean(6), IsInsertable: row.GetBoolean(7),
            IsSelectable: row.GetBoolean(8), IsUpdatable: row.GetBoolean(9))
        {
            LooseCollation = row.IsDBNull(10) ? null : row.GetString(10),
        };
    }
}
