using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Versions;
using Npgsql;

namespace LoginEtl.Postgres.Analysis;

/// <summary>Finds out what analysts lack: the views, and an index of each masked column.</summary>
internal static class AnalysisPlan
{
    // Of the relations that have the views' names: their form, owner, comment, what else they read, and whether they call what is not
    // the system's: dependencies on that alone are not recorded.
    private static readonly string s_views =
        $"""
        SELECT c.relname, c.oid, c.relkind::text, pg_get_userbyid(c.relowner), {ForeignObjects.Trusted("c.relowner", "$3")}, coalesce(pg_catalog.obj_description(c.oid, 'pg_class'::name), ''::text),
            ARRAY(SELECT DISTINCT d.refobjid FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass::oid AND d.objid = w.oid
                WHERE w.ev_class = c.oid AND d.refclassid = 'pg_class'::regclass::oid AND d.refobjid <> c.oid),
            EXISTS (SELECT FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass::oid AND d.objid = w.oid
                WHERE w.ev_class = c.oid AND d.refclassid <> 'pg_class'::regclass::oid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = ANY ($2)
        """;

    // An index that a search by the column alone can use.
    private const string IsIndexed =
        """
        SELECT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = pg_catalog.to_regclass($1)::oid AND a.attname = $2 AND i.indpred IS NULL AND i.indisvalid)
        """;

    // Views read with their maker's rights.
    private const string AroundRowSecurity =
        """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relkind = 'v' AND coalesce((SELECT relrowsecurity FROM pg_class WHERE oid = pg_catalog.to_regclass($3)::oid), false)
        ORDER BY c.relname
        """;

    private const string HasRowSecurity = "SELECT relrowsecurity FROM pg_class WHERE oid = pg_catalog.to_regclass($1)::oid";

    /// <summary>The statements for what is missing.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="live">The table; one that is made by this plan is read as it will be.</param>
    /// <param name="isNew">The table is made by this plan.</param>
    /// <param name="format">How integers of its version column are encoded.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LoginEtlException"><c>TableUnsuitable</c>, <c>TableAccessDenied</c>, <c>ForeignObject</c>.</exception>
    public static async Task<List<string>> StatementsAsync(
        NpgsqlConnection connection, LiveTable live, bool isNew, AppVersionFormat format, CancellationToken cancellationToken)
    {
        TargetCheck.RequireTable(live);
        var columns = TargetCheck.MatchColumns(live);
        if (columns.FirstOrDefault(c => !c.Live.IsSelectable) is { } unreadable)
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user may not read {live.Name} (column {unreadable.Live.Name}), and views read it with their maker's rights.", $"GRANT SELECT ON {live.Name} TO the user, or run it as the owner of the table.");
        }

        if (!isNew && (await connection.QueryAsync(HasRowSecurity, [live.Name.Quoted], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0])
        {
            throw new LoginEtlException(
                ErrorId.TableUnsuitable, $"{live.Name} has row security, and views read it with their maker's rights: they would show every row.", "Run Initialize-LoginDatabase without -Analysis, and make views of your own.");
        }

        await ForeignObjects.RequireRoomAsync(connection, live.Name, AnalysisNames.All, cancellationToken).ConfigureAwait(false);
        var existing = await ReadAsync(connection, live, isNew, cancellationToken).ConfigureAwait(false);
        var views = new AnalysisViews(live.Name, columns, TargetCheck.VersionFormat(live, columns, format));
        var statements = new List<string>();
        foreach (var field in new[] { RecordField.MaskedIp, RecordField.MaskedDeviceId })
        {
            var column = columns.First(c => c.Field == field).Live;
            if (isNew || !(await connection.QueryAsync(IsIndexed, [live.Name.Quoted, column.Name], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0])
            {
                statements.Add(CreateIndex(live.Name, column));
            }
        }

        foreach (var name in AnalysisNames.All)
        {
            var query = views.Query(name);
            var comment = AnalysisViews.Comment(name, query);
            if (existing.GetValueOrDefault(name) is var made && made != comment)
            {
                statements.Add(AnalysisViews.Create(live.Name.Beside(name), query, comment, replaces: made is not null));
            }
        }

        return statements;
    }

    /// <summary>Those of the views that are there.</summary>
    public static async Task<IReadOnlyList<string>> ExistingAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken) =>
        await connection.QueryAsync(s_views, [table.Schema, AnalysisNames.All, table.Quoted], r => r.GetString(0), cancellationToken).ConfigureAwait(false);

    /// <summary>Those that show rows which row security, turned on since they were made, hides in the table.</summary>
    public static async Task<IReadOnlyList<string>> AroundRowSecurityAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken) =>
        await connection.QueryAsync(AroundRowSecurity, [table.Schema, AnalysisNames.All, table.Quoted], r => r.GetString(0), cancellationToken).ConfigureAwait(false);

    /// <summary>Comments of the views that are there, by name.</summary>
    /// <exception cref="LoginEtlException">
    /// <c>ForeignObject</c>: a stranger's, or no view. <c>TableUnsuitable</c>: they read another table of the schema.
    /// </exception>
    public static async Task<Dictionary<string, string>> ReadAsync(NpgsqlConnection connection, LiveTable live, bool isNew, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            s_views, [live.Name.Schema, AnalysisNames.All, live.Name.Quoted],
            r => (Name: r.GetString(0), Oid: r.GetFieldValue<uint>(1), Kind: r.GetString(2), Owner: r.GetString(3), IsTrusted: r.GetBoolean(4), Comment: r.GetString(5), Reads: r.GetFieldValue<uint[]>(6), CallsOthers: r.GetBoolean(7)),
            cancellationToken).ConfigureAwait(false);
        foreach (var view in found)
        {
            var name = live.Name.Beside(view.Name);
            if (!view.IsTrusted)
            {
                throw ForeignObjects.Owned($"{name}", view.Owner, live.Name);
            }

            if (view.Kind != "v")
            {
                throw new LoginEtlException(ErrorId.ForeignObject, $"{name} is no view, and stands where one is made for analysts.", "Find out who made it, and rename or drop it.");
            }

            if (view.Name == AnalysisNames.Logins && (isNew || !view.Reads.Contains(live.Oid)))
            {
                throw new LoginEtlException(
                    ErrorId.TableUnsuitable, $"{name} reads another table than {live.Name}: a schema has one set of views.", $"Keep each table in a schema of its own, or DROP VIEW {name} CASCADE first.");
            }
        }

        // One that reads another view than the first, which was renamed or made anew, is to be made again. So is one that reads or
        // calls more than ours do: a comment can be copied, and a view of a stranger's can have been given to its owner.
        var first = found.FirstOrDefault(f => f.Name == AnalysisNames.Logins).Oid;
        return found.ToDictionary(
            f => f.Name, f => !f.CallsOthers && f.Reads is [var read] && read == (f.Name == AnalysisNames.Logins ? live.Oid : first) ? f.Comment : "", StringComparer.Ordinal);
    }

    // By bytes, so that it does not change its order with the system's collations; char has an order of its own.
    private static string CreateIndex(QualifiedName table, LiveColumn column) =>
        $"CREATE INDEX ON {table.Quoted} ({QualifiedName.Quote(column.Name)}{(column.TypeName.Contains("bpchar", StringComparison.Ordinal) ? "" : " pg_catalog.text_pattern_ops")})";
}
