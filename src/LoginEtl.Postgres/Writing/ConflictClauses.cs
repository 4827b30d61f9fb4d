using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;

namespace LoginEtl.Postgres.Writing;

/// <summary>What the rule for rows whose key is there adds to <see cref="RowLoop"/>'s loop.</summary>
/// <param name="OnConflict">The clause of INSERT.</param>
/// <param name="Report">What notes in <c>met</c> that the key was there (the row's place, and whether it was updated), and in <c>suppressed</c> that the row was not taken.</param>
/// <param name="Stop">Condition over <c>state</c> and <c>conname</c> under which a refused row ends the batch.</param>
internal readonly record struct ConflictClauses(string OnConflict, string Report, string Stop)
{
    /// <summary>
    /// Set while a row's key turns out to be there. Neither the row count nor, on a partitioned table, RETURNING tells
    /// an insert from an update; the WHERE of DO UPDATE runs for updates alone.
    /// </summary>
    public const string Flag = "login_etl.there";

    private const string IfNotTaken = "GET DIAGNOSTICS rows_done = ROW_COUNT; IF rows_done = 0 THEN suppressed := pg_catalog.array_append(suppressed, i); END IF;";

    /// <summary>The clauses for a table.</summary>
    public static ConflictClauses Of(TargetTable table) => table.Conflict switch
    {
        null => new("", IfNotTaken, "false"),
        { Action: ConflictAction.Fail, Key: var key } => new(
            "", IfNotTaken, $"(state = '23505' AND conname IN ({string.Join(", ", key.Names.Select(n => $"'{n.Replace("'", "''", StringComparison.Ordinal)}'"))}))"),
        { Action: ConflictAction.Update, Key: var key } when OthersThan(key, table) is { Count: > 0 } others => new(
            $"ON CONFLICT ({Columns(key)}) DO UPDATE SET {string.Join(", ", others.Select(c => $"{c} = EXCLUDED.{c}"))} WHERE {IsNotOlder(table)}",
            $"""
            GET DIAGNOSTICS rows_done = ROW_COUNT;
                        IF current_setting('{Flag}') <> '' THEN
                            met := pg_catalog.array_append(met, pg_catalog.json_build_array(i, rows_done > 0));
                            PERFORM set_config('{Flag}', '', true);
                        ELSIF rows_done = 0 THEN
                            suppressed := pg_catalog.array_append(suppressed, i);
                        END IF;
            """,
            "false"),
        { Key: var key } => new(
            $"ON CONFLICT ({Columns(key)}) DO NOTHING",
            $"GET DIAGNOSTICS rows_done = ROW_COUNT; IF rows_done = 0 THEN {WhichOfBoth(key, table)} END IF;",
            "false"),
    };

    // Neither is an error: the key is there, or a trigger kept the row out. Only a table that has any is asked which.
    private static string WhichOfBoth(UniqueKey key, TargetTable table)
    {
        const string there = "met := pg_catalog.array_append(met, pg_catalog.json_build_array(i, false));";
        var columns = table.Columns.ToList();
        var isKey = string.Join(" AND ", key.Columns.Select(name => columns.FindIndex(c => c.Live.Name == name))
            .Select(c => $"there.{QualifiedName.Quote(columns[c].Live.Name)} OPERATOR(pg_catalog.=) {RowLoop.Value(columns[c], $"{RowLoop.Label}.v{c}")}"));
        return table.Live.RowTriggers.Count + table.Live.InsertRules.Count == 0
            ? there
            : $"IF EXISTS (SELECT FROM {table.Name.Quoted} AS there WHERE {isKey}) THEN {there} ELSE suppressed := pg_catalog.array_append(suppressed, i); END IF;";
    }

    // The day is all that the user's table keeps of a message's time. Within a batch the rows of a key come oldest
    // first, so the newest has the last word.
    private static string IsNotOlder(TargetTable table)
    {
        var day = QualifiedName.Quote(table.Columns[table.CreateDate].Live.Name);
        return $"set_config('{Flag}', 'y', true) = 'y' AND (existing.{day} IS NULL OR EXCLUDED.{day} OPERATOR(pg_catalog.>=) existing.{day})";
    }

    private static string Columns(UniqueKey key) => string.Join(", ", key.Columns.Select(QualifiedName.Quote));

    private static List<string> OthersThan(UniqueKey key, TargetTable table) =>
        [.. table.Columns.Where(c => !key.Columns.Contains(c.Live.Name)).Select(c => QualifiedName.Quote(c.Live.Name))];
}
