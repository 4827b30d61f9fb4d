using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>Anchors of audit files that an earlier version made.</summary>
internal static class AnchorMigration
{
    private const string HasTableRight =
        """
        SELECT EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
                       WHERE c.oid = pg_catalog.to_regclass($1)::oid AND r.rolname = $2 AND a.privilege_type = 'INSERT')
        """;

    /// <summary>Whether its rows have no numbers yet; something else of that name stays as it is.</summary>
    public static async Task<bool> IsUnchainedAsync(NpgsqlConnection connection, QualifiedName anchor, CancellationToken cancellationToken)
    {
        var columns = await TableNames.ColumnsAsync(connection, anchor, cancellationToken).ConfigureAwait(false);
        return columns.IsSupersetOf(SchemaNames.AuditAnchorBefore) && !SchemaNames.AddedToAuditAnchor.Any(columns.Contains);
    }

    /// <summary>Whether a role was given the whole row to fill, who and when among it.</summary>
    public static async Task<bool> FillsRowsAsync(NpgsqlConnection connection, QualifiedName anchor, string role, CancellationToken cancellationToken) =>
        (await connection.QueryAsync(HasTableRight, [anchor.Quoted, role], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];
}
