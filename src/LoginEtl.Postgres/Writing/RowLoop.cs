using System.Globalization;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Targets;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// The block that inserts rows on the server. It takes some at a time, and where one of them is refused, or its key is
/// there, those again one by one, each in a subtransaction of its own; one by one it stays while many are refused.
/// <see cref="SuspectRows"/> come last, one by one.
/// </summary>
internal static class RowLoop
{
    /// <summary>Cursor with the rows: one array a column. The block closes it.</summary>
    public const string Rows = "login_etl_rows";

    /// <summary>Setting with the answer: an array of [place, SQLSTATE, constraint, column], places from 1.</summary>
    public const string Refused = "login_etl.refused";

    /// <summary>Setting with the answer: an array of [place, updated or not], places from 1.</summary>
    public const string Met = "login_etl.met";

    /// <summary>Setting with the answer: an array of places, from 1.</summary>
    public const string Suppressed = "login_etl.suppressed";

    /// <summary>Of the block: what is called by it is a variable, whatever the table's columns are called.</summary>
    public const string Label = "login_etl_loop";

    // Undoes a group of which some rows were not taken, to find out which. No class of PostgreSQL's or the standard's.
    private const string SomeAreMissing = "LE000";

    // Of one bad row in a hundred, three groups in four are whole; of one in five none is. A row alone costs as much as
    // three in a group, so a group is worth its try while two in three fail, which is at one bad row in each.
    private const int Group = 32;
    private const int FewBad = 1;

    /// <summary>The statement for a table.</summary>
    /// <remarks>Plans made for the values at hand would hold a copy of every array, for each group anew.</remarks>
    public static string Block(TargetTable table)
    {
        var columns = string.Concat(table.Columns.Select((c, i) => $"a{i} {ElementType(c)}[]; v{i} {VariableType(c)}; "));
        // An INSERT of variables starts faster than one that looks into arrays.
        var take = string.Concat(table.Columns.Select((_, i) => $"v{i} := a{i}[i]; "));
        var insert = $"INSERT INTO {table.Name.Quoted} AS existing ({table.ColumnList})";
        var rowSecurity = table.Live.HasRowSecurity
            ? string.Create(CultureInfo.InvariantCulture, $"(state = '42501' AND pg_catalog.has_table_privilege({table.Live.Oid}, 'INSERT'))")
            : "false";
        var isRowError = $"({SqlStates.RowErrorCondition(table.PartitionedBySender)} OR {rowSecurity})";
        var (onConflict, report, stop) = ConflictClauses.Of(table);
        return Quote(
            $"""
            #variable_conflict use_column
            <<{Label}>>
            DECLARE
                rows refcursor := '{Rows}'; {columns}
                good int[]; bad int[] := '{"{}"}'; places int[]; first int := 1; singly boolean := false; found int;
                i int; state text; conname text; colname text; tabname text;
                rows_done bigint;
                plans text := current_setting('plan_cache_mode');
                refused json[] := '{"{}"}';
                met json[] := '{"{}"}';
                suppressed int[] := '{"{}"}';
            BEGIN
                FETCH rows INTO {string.Join(", ", table.Columns.Select((_, i) => $"a{i}"))};
                CLOSE rows;
                PERFORM set_config('{ConflictClauses.Flag}', '', true), set_config('plan_cache_mode', 'force_generic_plan', true);
                {SuspectRows.Split(table)}
                LOOP
                    places := good[first:first + {Group - 1}];
                    IF pg_catalog.cardinality(places) = 0 THEN
                        places := bad;
                        singly := true;
                    ELSIF NOT singly THEN
                        BEGIN
                            {insert} SELECT {Values(table, i => $"a{i}[k]")} FROM pg_catalog.unnest(places) k ORDER BY k;
                            GET DIAGNOSTICS rows_done = ROW_COUNT;
                            IF rows_done = 0 THEN suppressed := pg_catalog.array_cat(suppressed, places);
                            ELSIF rows_done < pg_catalog.cardinality(places) THEN RAISE SQLSTATE '{SomeAreMissing}'; END IF;
                        EXCEPTION WHEN OTHERS THEN
                            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, conname = CONSTRAINT_NAME, tabname = TABLE_NAME;
                            IF state <> '{SomeAreMissing}' AND NOT {isRowError} THEN RAISE; END IF;
                            singly := true;
                        END;
                    END IF;
                    IF singly THEN
                        found := pg_catalog.cardinality(refused) + pg_catalog.cardinality(met) + pg_catalog.cardinality(suppressed);
                        FOREACH i IN ARRAY places LOOP
                            BEGIN
                                {take}
                                {insert} VALUES ({Values(table, i => $"v{i}")}) {onConflict};
                                {report}
                            EXCEPTION WHEN OTHERS THEN
                                GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, conname = CONSTRAINT_NAME, colname = COLUMN_NAME, tabname = TABLE_NAME;
                                IF {stop} OR NOT {isRowError} THEN RAISE; END IF;
                                refused := pg_catalog.array_append(refused, pg_catalog.json_build_array(i, state, conname, colname));
                            END;
                        END LOOP;
                        singly := pg_catalog.cardinality(refused) + pg_catalog.cardinality(met) + pg_catalog.cardinality(suppressed) > found + {FewBad};
                    END IF;
                    EXIT WHEN first > pg_catalog.cardinality(good);
                    first := first + {Group};
                END LOOP;
                PERFORM set_config('plan_cache_mode', plans, true), set_config('{Refused}', pg_catalog.to_json(refused)::text, true), set_config('{Met}', pg_catalog.to_json(met)::text, true), set_config('{Suppressed}', pg_catalog.to_json(suppressed)::text, true);
            END
            """);
    }

    // Only enums need a cast, and a cast of text to varchar(n) would cut it silently.
    private static string Values(TargetTable table, Func<int, string> value) => string.Join(", ", table.Columns.Select((c, i) => Value(c, value(i))));

    /// <summary>An expression as a value of a column.</summary>
    public static string Value(TargetColumn column, string expression) =>
        expression + (column.Live.Type == ColumnType.Enum ? $"::{column.Live.TypeName}" : "");

    // A name of the user's could hold any fixed tag.
    private static string Quote(string body)
    {
        var tag = "login_etl";
        while (body.Contains($"${tag}$", StringComparison.Ordinal))
        {
            tag += "_";
        }

        return $"DO ${tag}$ {body} ${tag}$";
    }

    // As long as the column, so that INSERT has no length left to check: that makes it start faster.
    private static string VariableType(TargetColumn column) => column.Live is { Type: ColumnType.Text, MaxLength: { } limit }
        ? string.Create(CultureInfo.InvariantCulture, $"varchar({limit})")
        : ElementType(column);

    private static string ElementType(TargetColumn column) => column.Live.Type switch
    {
        ColumnType.Int2 => "int2",
        ColumnType.Int4 => "int4",
        ColumnType.Int8 => "int8",
        ColumnType.Date => "date",
        ColumnType.Timestamp => "timestamp",
        ColumnType.TimestampTz => "timestamptz",
        ColumnType.Uuid => "uuid",
        _ => "text",
    };
}
