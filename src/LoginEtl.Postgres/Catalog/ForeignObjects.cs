using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Catalog;

/// <summary>
/// Relations that have our names and are not ours: others who may create objects in the schema may have made them, and
/// what stands on them, a trigger say, runs with the rights of whoever writes there.
/// </summary>
internal static class ForeignObjects
{
    private static readonly string s_ownKeys = string.Join(", ", SchemaNames.All.SelectMany(r => SchemaNames.UniqueKeysOf(r).Select(k => $"('{r}'::text, '{{{string.Join(',', k)}}}'::text[])")));

    private static readonly string s_query =
        $"""
        SELECT c.relname, pg_get_userbyid(c.relowner), {Trusted("c.relowner", "$3")},
               pg_catalog.array_to_string(ARRAY(
                   SELECT 'the form of a view or a foreign table' WHERE c.relkind NOT IN ('r', 'p', 'i', 'I', 'S')
                   UNION ALL SELECT pg_catalog.concat('the trigger ', tgname) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal
                   UNION ALL SELECT pg_catalog.concat('the rule ', rulename) FROM pg_rewrite WHERE ev_class = c.oid AND c.relkind IN ('r', 'p')
                   UNION ALL SELECT pg_catalog.concat('the foreign key ', conname) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f' AND confrelid <> c.oid
                   UNION ALL SELECT pg_catalog.concat('the foreign key ', conname, ' of ', conrelid::regclass, ' that refers to it') FROM pg_constraint WHERE confrelid = c.oid AND contype = 'f' AND conrelid <> c.oid
                   UNION ALL SELECT pg_catalog.concat('the policy ', polname) FROM pg_policy WHERE polrelid = c.oid
                   UNION ALL SELECT 'row security' WHERE c.relrowsecurity
                   UNION ALL SELECT pg_catalog.concat('the statistics ', stxname) FROM pg_statistic_ext WHERE stxrelid = c.oid AND stxexprs IS NOT NULL
                   UNION ALL SELECT DISTINCT 'parents or children' FROM pg_inherits WHERE inhparent = c.oid OR inhrelid = c.oid
                   UNION ALL {UniqueKeys("c")}
                   UNION ALL {Collations("c.oid")}
                   UNION ALL {Uses("c.oid")}
                   UNION ALL {Calls("c.oid")}
                   UNION ALL {Defaults("c.oid")}), ', ')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = ANY ($2)
        ORDER BY pg_catalog.array_position($2, c.relname::text)
        """;

    /// <summary>
    /// A condition: the owner may do with the table what its owner may, or with its schema or the database, as a superuser may
    /// everywhere; or is who asks. Those need no trick to have their way.
    /// </summary>
    /// <param name="owner">An expression.</param>
    /// <param name="table">An expression that names the user's table; it may not be there yet. The schema is <c>n</c>.</param>
    public static string Trusted(string owner, string table) =>
        $"""
        ({MayActAsOwnerOfDatabase(owner)} OR {MayActAs(owner, "n.nspowner")}
            OR coalesce({MayActAs(owner, $"(SELECT relowner FROM pg_class WHERE oid = pg_catalog.to_regclass({table})::oid)")}, false))
        """;

    /// <summary>A condition: the owner may do in the database what its owner may, or is who asks.</summary>
    /// <param name="owner">An expression.</param>
    public static string MayActAsOwnerOfDatabase(string owner) =>
        $"""
        ({owner} = (SELECT oid FROM pg_roles WHERE rolname = current_user)
            OR {MayActAs(owner, "(SELECT datdba FROM pg_database WHERE datname = current_database())")})
        """;

    /// <summary>
    /// A condition: the one may do what the other may, or give itself that right. From PostgreSQL 16 on a member may be one
    /// that has nothing of it.
    /// </summary>
    /// <param name="member">An expression.</param>
    /// <param name="role">An expression.</param>
    public static string MayActAs(string member, string role) =>
        $"""
        pg_catalog.pg_has_role({member}, {role}, CASE WHEN current_setting('server_version_num')::int4 < 160000 THEN 'MEMBER'::text ELSE 'USAGE, SET, MEMBER WITH ADMIN OPTION'::text END)
        """;

    // What has one value in two rows is kept out by it, and where a row that is there stays, without a word. One with more columns than
    // a key of ours keeps nothing out that this does not.
    private static string UniqueKeys(string relation) =>
        $"""
        SELECT pg_catalog.concat('the unique key ', x.relname) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = {relation}.oid AND (i.indisunique OR i.indisexclusion)
            AND NOT EXISTS (SELECT FROM (VALUES {s_ownKeys}) own(name, columns) WHERE own.name = {relation}.relname::text
                AND NOT EXISTS (SELECT FROM pg_catalog.unnest(own.columns) k(name) WHERE NOT EXISTS (
                    SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]) AND a.attname::text = k.name)))
        """;

    // By which texts are the same that are not.
    private static string Collations(string table) =>
        $"""
        SELECT DISTINCT pg_catalog.concat('the collation ', l.collname) FROM pg_collation l
        WHERE NOT l.collisdeterministic AND (l.oid IN (SELECT attcollation FROM pg_attribute WHERE attrelid = {table} AND attnum > 0 AND NOT attisdropped)
            OR l.oid IN (SELECT pg_catalog.unnest(indcollation::oid[]) FROM pg_index WHERE indrelid = {table}))
        """;

    // What our own defaults, checks and indexes call.
    private const string Own = "'now', 'clock_timestamp', 'num_nonnulls', 'octet_length', 'length', 'get_byte', 'uuid_send'";

    // Some of the system's functions run SQL that is given as text. Keywords are printed in capitals, functions that are not in small letters in quotes, and all of them where quote_all_identifiers is on.
    private static string Calls(string table) =>
        $"""
        SELECT DISTINCT pg_catalog.concat('something that calls ', m.name[1])
        FROM (
            SELECT pg_catalog.pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = {table}
            UNION ALL SELECT pg_catalog.pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conrelid = {table}
            UNION ALL SELECT pg_catalog.concat(pg_catalog.pg_get_expr(indexprs, indrelid), ' ', pg_catalog.pg_get_expr(indpred, indrelid)) FROM pg_index WHERE indrelid = {table}
        ) x(text), LATERAL pg_catalog.regexp_matches(x.text, '([a-z0-9_"]+)[(]'::text, 'g'::text) AS m(name)
        WHERE pg_catalog.btrim(m.name[1], '"'::text) NOT IN ({Own})
        """;

    // What the server says of itself: by whom and when, and what is a constant there is somebody else's word.
    private static string Defaults(string table) =>
        $"""
        SELECT pg_catalog.concat('the default ', x.expression, ' of ', x.name)
        FROM (
            SELECT a.attname, pg_catalog.replace(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '"'::text, ''::text)
            FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = {table}
        ) x(name, expression)
        WHERE (x.name IN ('anchored_by', 'recorded_by') AND x.expression <> 'SESSION_USER')
            OR (x.name IN ('anchored_at', 'created_at', 'changed_at', 'recorded_at') AND x.expression NOT IN ('clock_timestamp()', 'now()'))
        """;

    // Defaults, checks, columns and indexes that need a function, operator or type. The system's are pinned and
    // stand in no pg_depend; ours need no others.
    private static string Uses(string table) =>
        $"""
        SELECT DISTINCT pg_catalog.concat('something that uses the ', pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0))
        FROM pg_depend d
        WHERE d.refclassid IN ('pg_proc'::regclass::oid, 'pg_operator'::regclass::oid, 'pg_type'::regclass::oid, 'pg_opclass'::regclass::oid)
            AND ((d.classid = 'pg_attrdef'::regclass::oid AND d.objid IN (SELECT oid FROM pg_attrdef WHERE adrelid = {table}))
                OR (d.classid = 'pg_constraint'::regclass::oid AND d.objid IN (SELECT oid FROM pg_constraint WHERE conrelid = {table}))
                OR (d.classid = 'pg_class'::regclass::oid AND (d.objid = {table} OR d.objid IN (SELECT indexrelid FROM pg_index WHERE indrelid = {table}))))
        """;

    /// <summary>What stands against trusting those of the names that are there; empty when nothing does.</summary>
    public static async Task<IReadOnlyList<LoginEtlException>> FindAsync(
        NpgsqlConnection connection, QualifiedName table, string[] names, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            s_query, [table.Schema, names, table.Quoted],
            r => (Name: table.Beside(r.GetString(0)), Owner: r.GetString(1), IsTrusted: r.GetBoolean(2), Attached: r.GetString(3)), cancellationToken).ConfigureAwait(false);
        return [.. found.Where(f => !f.IsTrusted).Select(f => Owned($"{f.Name}", f.Owner, table)), .. found.Where(f => f.Attached.Length > 0).Select(f => Attached(f.Name, f.Attached))];
    }

    /// <exception cref="LoginEtlException"><c>ForeignObject</c>: the first of them.</exception>
    public static async Task RequireNoneAsync(NpgsqlConnection connection, QualifiedName table, string[] names, CancellationToken cancellationToken)
    {
        foreach (var fault in await FindAsync(connection, table, names, cancellationToken).ConfigureAwait(false))
        {
            throw fault;
        }
    }

    // A relation makes a type of its own name, so none can be made where one stands.
    private const string TypesInTheWay =
        """
        SELECT t.typname, pg_get_userbyid(t.typowner) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE n.nspname = $1 AND t.typname = ANY ($2) AND t.typrelid = '0'::oid
        ORDER BY t.typname LIMIT 1
        """;

    /// <summary>Makes sure that relations of these names can be made.</summary>
    /// <exception cref="LoginEtlException"><c>ForeignObject</c>: somebody's type has one of the names.</exception>
    public static async Task RequireRoomAsync(NpgsqlConnection connection, QualifiedName table, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(TypesInTheWay, [table.Schema, names.ToArray()], r => (Name: table.Beside(r.GetString(0)), Owner: r.GetString(1)), cancellationToken).ConfigureAwait(false);
        if (found.Count > 0)
        {
            throw new LoginEtlException(
                ErrorId.ForeignObject, $"There is a type {found[0].Name} of {found[0].Owner}, in whose place no table can be made.", "Find out who made it, and rename or drop it.");
        }
    }

    /// <summary>
    /// Commits, unless something stands on what was written to: it was looked at before, too, but what was made meanwhile,
    /// which the writes waited for, has fired.
    /// </summary>
    /// <param name="transaction">Rolled back by its owner when this throws.</param>
    /// <param name="table">The user's.</param>
    /// <param name="written">What was written to beside it.</param>
    /// <param name="cancellationToken">Cancels what comes before the COMMIT.</param>
    /// <exception cref="LoginEtlException"><c>ForeignObject</c>.</exception>
    public static async Task CommitAsync(NpgsqlTransaction transaction, QualifiedName table, string[] written, CancellationToken cancellationToken)
    {
        await RequireNoneAsync(transaction.Connection!, table, written, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>It belongs to somebody else.</summary>
    public static LoginEtlException Owned(string name, string owner, QualifiedName table) => new(
        ErrorId.ForeignObject, $"{name} belongs to {owner}, who owns neither {table} nor its schema or database: what others put there would run with this user's rights.",
        $"Find out who made it, rename or drop it, and run Initialize-LoginDatabase. Only where it was made by Initialize-LoginDatabase, give it to the owner of {table} (ALTER … OWNER TO): what its maker put on it, and who may write there, stays.");

    private static LoginEtlException Attached(QualifiedName name, string attached) => new(
        ErrorId.ForeignObject, $"{name} has {attached}: what others put there runs with this user's rights, or changes what is kept there. This version makes none.",
        $"Find out who made it, and drop it from {name}.");
}
