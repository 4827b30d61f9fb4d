using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Targets;
using Npgsql;

namespace LoginEtl.Postgres.Rotation;

/// <summary>What must hold before tokens of a table are replaced.</summary>
internal static class ReplaceableTokens
{
    // An index that belongs to a constraint has its columns in indkey; one over expressions depends on them. A partition
    // may have one that the table has not; those that it has from the table are the table's.
    private const string UniqueOver =
        $"""
        {TableLeaves.Tree}
        SELECT x.relname FROM tree t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = i.indexrelid
        WHERE i.indisunique AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) AND EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attname = ANY ($2) AND (a.attnum = ANY (i.indkey::smallint[])
                OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass::oid AND d.objid = i.indexrelid
                           AND d.refclassid = 'pg_class'::regclass::oid AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum)))
        ORDER BY 1
        """;

    // Each partition is read, by place, and changed by itself.
    private const string Leaves =
        $"""
        {TableLeaves.Tree}
        SELECT n.nspname, c.relname, pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.row_security_active(c.oid),
               (SELECT bool_and(pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') AND (a.attnum < 0 OR pg_catalog.has_column_privilege(c.oid, a.attnum, 'UPDATE')))
                FROM pg_attribute a WHERE a.attrelid = c.oid AND (a.attname = ANY ($2) OR a.attname = 'ctid')),
               (SELECT string_agg(quote_ident(name), ', ') FROM pg_catalog.unnest($2) name)
        FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r'
        ORDER BY c.oid
        """;

    /// <exception cref="LoginEtlException"><c>UniqueMaskedColumn</c>, <c>RowSecurity</c>, <c>TableAccessDenied</c>, <c>TableUnsuitable</c>.</exception>
    public static async Task RequireAsync(NpgsqlConnection connection, LiveTable table, CancellationToken cancellationToken)
    {
        TargetCheck.RequireTable(table);
        TargetCheck.RequireAllRows(table);
        TargetCheck.RequireColumns(table, RecordField.MaskedIp, RecordField.MaskedDeviceId);
        LiveColumn[] columns = [table.Find(RecordField.MaskedIp)!, table.Find(RecordField.MaskedDeviceId)!];
        if (columns.FirstOrDefault(c => !c.IsSelectable || !c.IsUpdatable) is { } denied)
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user may not read and update {denied.Name} of {table.Name}.",
                "Initialize-LoginDatabase -Role makes login_etl_key_keeper, a role that may: grant it to the user.");
        }

        TargetCheck.RequireRoom(table, new TargetColumn(RecordField.MaskedIp, columns[0]));
        TargetCheck.RequireRoom(table, new TargetColumn(RecordField.MaskedDeviceId, columns[1]));
        object[] parameters = [table.Name.Quoted, columns.Select(c => c.Name).ToArray()];
        await RequireLeavesAsync(connection, table, parameters, cancellationToken).ConfigureAwait(false);
        var unique = await connection.QueryAsync(UniqueOver, parameters, r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        if (unique.Count > 0)
        {
            throw new LoginEtlException(
                ErrorId.UniqueMaskedColumn,
                $"{table.Name} has a unique key over masked values: {string.Join(", ", unique)}. While tokens are replaced one value has an old and a new one, and rows that it kept apart or together would meet.",
                $"Decide which of such rows stays, drop {unique[0]}, run again, merge the rows, and make the key anew.");
        }
    }

    private static async Task RequireLeavesAsync(NpgsqlConnection connection, LiveTable table, object[] parameters, CancellationToken cancellationToken)
    {
        var leaves = await connection.QueryAsync(
            Leaves, parameters,
            r => (Name: new QualifiedName(r.GetString(0), r.GetString(1)), IsReachable: r.GetBoolean(2), HasRowSecurity: r.GetBoolean(3), IsGranted: r.GetBoolean(4), Columns: r.GetString(5)),
            cancellationToken).ConfigureAwait(false);
        foreach (var leaf in leaves)
        {
            if (!leaf.IsReachable || !leaf.IsGranted)
            {
                var usage = leaf.IsReachable ? "" : $"GRANT USAGE ON SCHEMA {leaf.Name.Schema} and ";
                throw new LoginEtlException(
                    ErrorId.TableAccessDenied,
                    $"The user may not read and update the masked columns of {leaf.Name}. Rights on {table.Name} do not hold for a partition by itself, and new partitions have none.",
                    $"Initialize-LoginDatabase -Role, run again, gives them to login_etl_key_keeper; another user needs {usage}GRANT SELECT, UPDATE ({leaf.Columns}) ON {leaf.Name}.");
            }

            if (leaf.HasRowSecurity)
            {
                throw DatabaseFault.HiddenRows($"{leaf.Name}");
            }
        }
    }
}
