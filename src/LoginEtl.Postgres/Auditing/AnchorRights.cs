using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Auditing;

/// <summary>Who may do more to the anchors of audit files than read them and add what they say.</summary>
internal static class AnchorRights
{
    // Whoever runs programs or writes files as the server does is the server.
    private const string ActsAsSuper = "r.rolsuper OR r.rolname IN ('pg_execute_server_program', 'pg_write_server_files')";

    // Until PostgreSQL 16 whoever may make roles may grant any but a superuser's, to themselves too.
    private const string MayJoinAny = "current_setting('server_version_num')::int4 < 160000";

    // Names without what a terminal would obey. The owner himself and a superuser may do everything, and nothing here can
    // tell whether they did; whoever may become the owner, or write to all tables, has no entry in the list of rights.
    private const string Query =
        $"""
        SELECT DISTINCT pg_catalog.regexp_replace(coalesce(r.rolname::text, 'PUBLIC'), '[[:cntrl:]]', '?', 'g') FROM pg_class c
        CROSS JOIN LATERAL (
            SELECT m.oid AS grantee, 'UPDATE'::text AS privilege_type FROM pg_roles m
            WHERE NOT m.rolsuper AND m.oid >= 16384::oid
                AND (pg_catalog.pg_has_role(m.oid, c.relowner, 'MEMBER') OR pg_catalog.pg_has_role(m.oid, 'pg_write_all_data'::name, 'MEMBER')
                    OR EXISTS (SELECT FROM pg_roles r WHERE ({ActsAsSuper}) AND pg_catalog.pg_has_role(m.oid, r.oid, 'MEMBER'::text))
                    OR (m.rolcreaterole AND {MayJoinAny}))
            UNION ALL
            SELECT a.grantee, a.privilege_type FROM aclexplode(c.relacl) a WHERE a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
            UNION ALL
            SELECT a.grantee, a.privilege_type FROM pg_attribute t CROSS JOIN LATERAL aclexplode(t.attacl) a
            WHERE t.attrelid = c.oid AND (a.privilege_type = 'UPDATE' OR (a.privilege_type = 'INSERT' AND t.attname IN ('anchored_by', 'anchored_at')))) g
        LEFT JOIN pg_roles r ON r.oid = g.grantee
        WHERE c.oid = pg_catalog.to_regclass($1)::oid AND g.grantee <> c.relowner
        ORDER BY 1
        """;

    // Who asks, as they logged in and as they act now. Membership counts though it may take SET ROLE, and though a right is for
    // one column. A table belongs to its schema's owner as well: they may drop it.
    private const string OwnQuery =
        $"""
        WITH me AS (SELECT session_user AS name UNION SELECT current_user)
        SELECT pg_catalog.regexp_replace(session_user::text, '[[:cntrl:]]', '?', 'g'),
            EXISTS (SELECT FROM pg_roles r, me WHERE ({ActsAsSuper}) AND pg_catalog.pg_has_role(me.name, r.oid, 'MEMBER'::text)),
            EXISTS (SELECT FROM pg_database d, me WHERE d.datname = current_database() AND pg_catalog.pg_has_role(me.name, d.datdba, 'MEMBER'::text)),
            EXISTS (SELECT FROM me WHERE pg_catalog.pg_has_role(me.name, c.relowner, 'MEMBER'::text) OR pg_catalog.pg_has_role(me.name, n.nspowner, 'MEMBER'::text)),
            EXISTS (SELECT FROM pg_roles r, me WHERE r.rolcreaterole AND {MayJoinAny} AND pg_catalog.pg_has_role(me.name, r.oid, 'MEMBER'::text)),
            (SELECT coalesce(pg_catalog.string_agg(DISTINCT g.privilege, ', '), '') FROM (
                SELECT a.privilege_type AS privilege FROM aclexplode(c.relacl) a, me
                WHERE a.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER') AND (a.grantee = 0::oid OR pg_catalog.pg_has_role(me.name, a.grantee, 'MEMBER'::text))
                UNION ALL
                SELECT a.privilege_type FROM pg_attribute t CROSS JOIN LATERAL aclexplode(t.attacl) a, me
                WHERE t.attrelid = c.oid AND a.privilege_type = 'UPDATE' AND (a.grantee = 0::oid OR pg_catalog.pg_has_role(me.name, a.grantee, 'MEMBER'::text))
                UNION ALL
                SELECT pg_catalog.unnest(ARRAY['UPDATE', 'DELETE']::text[]) FROM pg_roles r, me WHERE r.rolname = 'pg_write_all_data' AND pg_catalog.pg_has_role(me.name, r.oid, 'MEMBER'::text)) g)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = pg_catalog.to_regclass($1)::oid
        """;

    /// <summary>Makes sure that who asks can only add to the anchors.</summary>
    /// <returns>Null when it is so; what is to be said where it is a superuser or the owner of the database.</returns>
    /// <exception cref="LoginEtlException"><c>AuditAnchorOwn</c>, and what <see cref="Queries"/> throws.</exception>
    public static async Task<string?> RequireApartAsync(NpgsqlConnection connection, string anchor, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            OwnQuery, [anchor],
            r => (Account: r.GetString(0), IsSuper: r.GetBoolean(1), OwnsDatabase: r.GetBoolean(2), Owns: r.GetBoolean(3), MayJoin: r.GetBoolean(4), Rights: r.GetString(5)),
            cancellationToken).ConfigureAwait(false);
        return found is not [var me] ? throw new LoginEtlException(
                ErrorId.AuditAnchorNotFound, $"{anchor} is not there any more. Nothing was recovered.", "Find out who dropped it, and run Initialize-LoginDatabase.")
            : me.IsSuper || me.OwnsDatabase
                ? $"{me.Account} {(me.IsSuper ? "is a superuser, or may act as one," : "owns the database")} and can change or delete every trace of this recovery there: its audit proves nothing against {me.Account}. Recover as an account that has login_etl_recoverer and no more"
            : me.Owns ? throw Own(anchor, me.Account, $"it or its schema belongs to {me.Account}, or to a role that {me.Account} is a member of", $"Give the tables to another role (ALTER … OWNER TO), one that {me.Account} is no member of")
            : me.MayJoin ? throw Own(anchor, me.Account, $"{me.Account} may make itself a member of any role (CREATEROLE)", $"ALTER ROLE {me.Account} NOCREATEROLE, or PostgreSQL 16, where it may not")
            : me.Rights.Length > 0 ? throw Own(anchor, me.Account, $"{me.Account} may {me.Rights} there", $"REVOKE {me.Rights} ON {anchor} from whom {me.Account} has it by")
            : null;
    }

    /// <summary>Their names.</summary>
    public static async Task<IReadOnlyList<string>> WritersAsync(NpgsqlConnection connection, string anchor, CancellationToken cancellationToken) =>
        await connection.QueryAsync(Query, [anchor], r => r.GetString(0), cancellationToken).ConfigureAwait(false);

    private static LoginEtlException Own(string anchor, string account, string why, string remedy) => new(
        ErrorId.AuditAnchorOwn, $"{anchor} is no witness of what {account} recovers: {why}. Nothing was recovered.",
        $"Recover as an account that has login_etl_recoverer and no more (Initialize-LoginDatabase -Role). {remedy}.");
}
