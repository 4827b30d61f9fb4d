using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Auditing;

/// <summary>Who may do more to the anchors of audit files than read them and add what they say.</summary>
internal static class AnchorRights
{
    // Names without what a terminal would obey. An owner and a superuser may do everything, and nothing here can tell whether they did.
    private const string Query =
        """
        SELECT DISTINCT regexp_replace(coalesce(r.rolname::text, 'PUBLIC'), '[[:cntrl:]]', '?', 'g') FROM pg_class c
        CROSS JOIN LATERAL (
            SELECT a.grantee, a.privilege_type FROM aclexplode(c.relacl) a WHERE a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
            UNION ALL
            SELECT a.grantee, a.privilege_type FROM pg_attribute t CROSS JOIN LATERAL aclexplode(t.attacl) a
            WHERE t.attrelid = c.oid AND (a.privilege_type = 'UPDATE' OR (a.privilege_type = 'INSERT' AND t.attname IN ('anchored_by', 'anchored_at')))) g
        LEFT JOIN pg_roles r ON r.oid = g.grantee
        WHERE c.oid = pg_catalog.to_regclass($1)::oid AND g.grantee <> c.relowner
        ORDER BY 1
        """;

    /// <summary>Their names.</summary>
    public static async Task<IReadOnlyList<string>> WritersAsync(NpgsqlConnection connection, string anchor, CancellationToken cancellationToken) =>
        await connection.QueryAsync(Query, [anchor], r => r.GetString(0), cancellationToken).ConfigureAwait(false);
}
