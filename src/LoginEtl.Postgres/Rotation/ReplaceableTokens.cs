using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using Npgsql;

namespace LoginEtl.Postgres.Rotation;

/// <summary>What must hold before tokens of a table are replaced.</summary>
internal static class ReplaceableTokens
{
    // An index that belongs to a constraint has its columns in indkey; one over expressions depends on them.
    private const string UniqueOver =
        """
        SELECT x.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = $1::oid AND i.indisunique AND EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attname = ANY ($2) AND (a.attnum = ANY (i.indkey::smallint[])
                OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                           AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum)))
        ORDER BY 1
        """;

    /// <exception cref="LoginEtlException"><c>UniqueMaskedColumn</c>, <c>RowSecurity</c>, <c>TableAccessDenied</c>, <c>TableUnsuitable</c>.</exception>
    public static async Task RequireAsync(NpgsqlConnection connection, LiveTable table, CancellationToken cancellationToken)
    {
        TargetCheck.RequireTable(table);
        if (table.HasRowSecurity)
        {
            throw new LoginEtlException(
                "RowSecurity", FaultKind.Denied, $"Row security hides rows of {table.Name} from this user: some would keep their old tokens unseen.",
                "Use a user whom row security does not apply to.");
        }

        var columns = table.Columns.Where(c => c.Name is TokenColumns.Ip or TokenColumns.DeviceId).ToList();
        if (columns.FirstOrDefault(c => !c.IsSelectable || !c.IsUpdatable) is { } denied)
        {
            throw new LoginEtlException(
                "TableAccessDenied", FaultKind.Denied, $"The user may not read and update {denied.Name} of {table.Name}.",
                "Initialize-LoginDatabase -Role makes login_etl_key_keeper, a role that may: grant it to the user.");
        }

        object[] parameters = [(long)table.Oid, columns.Select(c => c.Name).ToArray()];
        var unique = await connection.QueryAsync(UniqueOver, parameters, r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        if (unique.Count > 0)
        {
            throw new LoginEtlException(
                "UniqueMaskedColumn", FaultKind.Configuration,
                $"{table.Name} has a unique key over masked values: {string.Join(", ", unique)}. While tokens are replaced one value has an old and a new one, and rows that it kept apart or together would meet.",
                $"Decide which of such rows stays, drop {unique[0]}, run again, merge the rows, and make the key anew.");
        }
    }
}
