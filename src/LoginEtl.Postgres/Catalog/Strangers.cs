using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Catalog;

/// <summary>
/// What of the user's table belongs to strangers, who are neither who asks nor whom the table, its schema or the database
/// belongs to. All of it runs code, or may, with the rights of whoever reads or writes there.
/// </summary>
internal static class Strangers
{
    /// <summary>FirstNormalObjectId of PostgreSQL's transam.h: the oids below are the system's.</summary>
    public const string FirstOfUsers = "16384";

    // What stands on an object and runs where it is used, beside what it depends on by the catalog itself. Of casts those to
    // and from the system's types, which are what rows are read and written as. Of tables that refer to one, those that
    // change with it, and their triggers fire: before PostgreSQL 18 with the rights of whoever changed the first.
    private const string StandsOn =
        $"""
        SELECT 'pg_trigger'::regclass::oid, oid FROM pg_trigger WHERE tgrelid = r.oid AND NOT tgisinternal AND tgenabled <> 'D' AND r.class = 'pg_class'::regclass::oid
        UNION ALL SELECT 'pg_rewrite'::regclass::oid, oid FROM pg_rewrite WHERE ev_class = r.oid AND r.class = 'pg_class'::regclass::oid
        UNION ALL SELECT 'pg_policy'::regclass::oid, oid FROM pg_policy WHERE polrelid = r.oid AND r.class = 'pg_class'::regclass::oid
        UNION ALL SELECT 'pg_constraint'::regclass::oid, oid FROM pg_constraint WHERE conrelid = r.oid AND r.class = 'pg_class'::regclass::oid
        UNION ALL SELECT 'pg_attrdef'::regclass::oid, oid FROM pg_attrdef WHERE adrelid = r.oid AND r.class = 'pg_class'::regclass::oid
        UNION ALL SELECT 'pg_class'::regclass::oid, inhrelid FROM pg_inherits WHERE inhparent = r.oid AND r.class = 'pg_class'::regclass::oid
        UNION ALL SELECT 'pg_class'::regclass::oid, conrelid FROM pg_constraint WHERE confrelid = r.oid AND contype = 'f' AND (confupdtype IN ('c', 'n', 'd') OR confdeltype IN ('c', 'n', 'd')) AND r.class = 'pg_class'::regclass::oid
        UNION ALL SELECT 'pg_class'::regclass::oid, indexrelid FROM pg_index WHERE indrelid = r.oid AND r.class = 'pg_class'::regclass::oid
        UNION ALL SELECT 'pg_statistic_ext'::regclass::oid, oid FROM pg_statistic_ext WHERE stxrelid = r.oid AND r.class = 'pg_class'::regclass::oid
        UNION ALL SELECT 'pg_constraint'::regclass::oid, oid FROM pg_constraint WHERE contypid = r.oid AND r.class = 'pg_type'::regclass::oid
        UNION ALL SELECT 'pg_class'::regclass::oid, typrelid FROM pg_type WHERE oid = r.oid AND typrelid <> 0::oid AND r.class = 'pg_type'::regclass::oid
        UNION ALL SELECT 'pg_type'::regclass::oid, t.oid FROM pg_type y CROSS JOIN LATERAL (VALUES (y.typelem), (y.typbasetype)) t(oid)
            WHERE y.oid = r.oid AND t.oid <> 0::oid AND r.class = 'pg_type'::regclass::oid
        UNION ALL SELECT 'pg_proc'::regclass::oid, c.castfunc FROM pg_cast c CROSS JOIN LATERAL (VALUES (c.castsource, c.casttarget), (c.casttarget, c.castsource)) t(oid, other)
            WHERE t.oid = r.oid AND c.castfunc <> 0::oid AND r.class = 'pg_type'::regclass::oid AND t.oid >= {FirstOfUsers}::oid AND t.other < {FirstOfUsers}::oid
        UNION ALL SELECT 'pg_proc'::regclass::oid, p.amproc::oid FROM pg_opclass o JOIN pg_amproc p ON p.amprocfamily = o.opcfamily
            WHERE o.oid = r.oid AND r.class = 'pg_opclass'::regclass::oid
        """;

    // Names as sentences have them. What has no owner belongs to what it stands on.
    private const string Named =
        """
        SELECT pg_catalog.concat(CASE c.relkind WHEN 'i' THEN 'the index ' WHEN 'I' THEN 'the index ' ELSE 'the relation ' END, c.oid::regclass) AS name, c.relowner AS owner
            FROM pg_class c WHERE c.oid = e.oid AND e.class = 'pg_class'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the function ', proname), proowner FROM pg_proc WHERE oid = e.oid AND e.class = 'pg_proc'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the operator ', oprname), oprowner FROM pg_operator WHERE oid = e.oid AND e.class = 'pg_operator'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the operator class ', opcname), opcowner FROM pg_opclass WHERE oid = e.oid AND e.class = 'pg_opclass'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the type ', typname), typowner FROM pg_type WHERE oid = e.oid AND e.class = 'pg_type'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the statistics ', stxname), stxowner FROM pg_statistic_ext WHERE oid = e.oid AND e.class = 'pg_statistic_ext'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the foreign server ', srvname), srvowner FROM pg_foreign_server WHERE oid = e.oid AND e.class = 'pg_foreign_server'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the foreign-data wrapper ', fdwname), fdwowner FROM pg_foreign_data_wrapper WHERE oid = e.oid AND e.class = 'pg_foreign_data_wrapper'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the trigger ', tgname), NULL FROM pg_trigger WHERE oid = e.oid AND e.class = 'pg_trigger'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the rule ', rulename), NULL FROM pg_rewrite WHERE oid = e.oid AND e.class = 'pg_rewrite'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the policy ', polname), NULL FROM pg_policy WHERE oid = e.oid AND e.class = 'pg_policy'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the constraint ', conname), NULL FROM pg_constraint WHERE oid = e.oid AND e.class = 'pg_constraint'::regclass::oid
        UNION ALL SELECT pg_catalog.concat('the default of ', a.attname), NULL
            FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.oid = e.oid AND e.class = 'pg_attrdef'::regclass::oid
        """;

    // Functions of the system that run SQL, or ask for a type, that is given as a text: no catalog knows what it says.
    private const string RunsText = @"'\m(ts_rewrite|ts_stat|dblink\w*|pg_input_\w+|(?:query|cursor|table|schema|database)_to_xml\w*)""? ?[(]'::text";

    // What is printed of the objects that have expressions.
    private const string Texts =
        """
        SELECT pg_catalog.pg_get_triggerdef(t.oid) WHERE t.class = 'pg_trigger'::regclass::oid
        UNION ALL SELECT pg_catalog.pg_get_ruledef(t.oid) WHERE t.class = 'pg_rewrite'::regclass::oid
        UNION ALL SELECT pg_catalog.pg_get_constraintdef(t.oid) WHERE t.class = 'pg_constraint'::regclass::oid
        UNION ALL SELECT pg_catalog.pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE oid = t.oid AND t.class = 'pg_attrdef'::regclass::oid
        UNION ALL SELECT pg_catalog.concat(pg_catalog.pg_get_expr(polqual, polrelid), ' ', pg_catalog.pg_get_expr(polwithcheck, polrelid)) FROM pg_policy WHERE oid = t.oid AND t.class = 'pg_policy'::regclass::oid
        UNION ALL SELECT pg_catalog.pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid = t.oid AND t.class = 'pg_class'::regclass::oid
        UNION ALL SELECT pg_catalog.array_to_string(pg_catalog.pg_get_statisticsobjdef_expressions(t.oid), ' ') WHERE t.class = 'pg_statistic_ext'::regclass::oid
        UNION ALL SELECT typdefault FROM pg_type WHERE oid = t.oid AND t.class = 'pg_type'::regclass::oid
        """;

    // Its owner may exchange whatever is in it.
    private static readonly string ForeignSchema =
        $"pg_get_userbyid(n.nspowner) <> 'pg_database_owner' AND NOT {ForeignObjects.MayActAsOwnerOfDatabase("n.nspowner")}";

    // What they put in it runs with the rights of who asks: that is worth saying where those are the server's or the database's.
    private static readonly string AsksMightily =
        $"(SELECT rolsuper OR {ForeignObjects.MayActAs("oid", "(SELECT datdba FROM pg_database WHERE datname = current_database())")} FROM pg_roles WHERE rolname = current_user)";

    private static readonly string s_query =
        $"""
        {TableLeaves.Tree}, begin AS (
            SELECT t.oid, pg_catalog.concat(CASE WHEN t.oid = pg_catalog.to_regclass($1)::oid THEN 'the table ' ELSE 'the partition ' END, c.relname) AS name, c.relowner AS owner
                FROM tree t JOIN pg_class c ON c.oid = t.oid
            UNION SELECT c.oid, pg_catalog.concat('the parent ', c.oid::regclass, ', by which its rows are read,'), c.relowner
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent WHERE i.inhrelid = pg_catalog.to_regclass($1)::oid
            UNION SELECT c.oid, pg_catalog.concat('the table ', c.oid::regclass, ', which refers to it,'), c.relowner
                FROM tree t JOIN pg_constraint k ON k.confrelid = t.oid AND k.contype = 'f' JOIN pg_class c ON c.oid = k.conrelid WHERE k.conrelid <> k.confrelid),
        reached(class, oid, name, owner, of) AS (
            -- Names of the catalog have a collation of their own.
            SELECT 'pg_class'::regclass::oid AS class, b.oid, b.name COLLATE pg_catalog."default", b.owner, NULL::text AS of FROM begin b
            UNION
            SELECT e.class, e.oid, n.name COLLATE pg_catalog."default", n.owner, r.name
            FROM reached r
            CROSS JOIN LATERAL (SELECT d.refclassid, d.refobjid FROM pg_depend d WHERE d.classid = r.class AND d.objid = r.oid UNION ALL {StandsOn}) e(class, oid)
            CROSS JOIN LATERAL ({Named}) n
            WHERE NOT EXISTS (SELECT FROM begin b WHERE b.oid = e.oid AND e.class = 'pg_class'::regclass::oid))
        SELECT DISTINCT pg_catalog.concat(CASE WHEN r.oid = root.oid THEN 'the table' ELSE r.name END, CASE WHEN r.of IS NOT NULL THEN pg_catalog.concat(' of ', r.of) END, ' belongs to ', pg_get_userbyid(r.owner))
        FROM pg_class root JOIN pg_namespace n ON n.oid = root.relnamespace CROSS JOIN reached r
        WHERE root.oid = pg_catalog.to_regclass($1)::oid AND r.owner IS NOT NULL
            AND NOT {ForeignObjects.Trusted("r.owner", "CASE WHEN r.oid <> root.oid THEN $1 END")}
        UNION
        SELECT pg_catalog.concat('the schema belongs to ', pg_get_userbyid(n.nspowner))
        FROM pg_class root JOIN pg_namespace n ON n.oid = root.relnamespace
        WHERE root.oid = pg_catalog.to_regclass($1)::oid AND {ForeignSchema}
            AND (NOT {ForeignObjects.MayActAs("n.nspowner", "root.relowner")} OR {AsksMightily})
        UNION
        SELECT pg_catalog.concat('the trigger ', r.tgname, ' may come from ', CASE WHEN g.grantee = 0::oid THEN 'anybody' ELSE pg_get_userbyid(g.grantee)::text END, ', who may put triggers on ', t.oid::regclass)
        FROM reached t JOIN pg_trigger r ON r.tgrelid = t.oid AND t.class = 'pg_class'::regclass::oid JOIN pg_class c ON c.oid = t.oid
        JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) g
        WHERE NOT r.tgisinternal AND r.tgenabled <> 'D' AND g.privilege_type = 'TRIGGER' AND (g.grantee = 0::oid OR NOT {ForeignObjects.Trusted("g.grantee", "$1")})
        UNION
        SELECT pg_catalog.concat(t.name, ' calls ', (pg_catalog.regexp_match(x.text, {RunsText}))[1], ', which runs what a text says, whoever wrote it')
        FROM reached t CROSS JOIN LATERAL ({Texts}) x(text)
        WHERE x.text OPERATOR(pg_catalog.~) {RunsText}
        ORDER BY 1
        """;

    /// <summary>
    /// The table itself, its schema, partitions and parents, tables that refer to it, and all that any of these needs, at any
    /// depth of what the catalog knows: triggers, rules, policies, checks, defaults, indexes and types, and what those call.
    /// And triggers that a stranger may have put there, which have no owner, and what runs a text. A part of a sentence each.
    /// </summary>
    public static Task<List<string>> NamesAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken) =>
        connection.QueryWithoutJitAsync(s_query, [table.Quoted], r => r.GetString(0), cancellationToken);

    /// <summary>Whom a schema belongs to, where that is a stranger, and a table is to be made in it; none where there is no such schema.</summary>
    public static Task<List<string>> OfSchemaAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken) => connection.QueryAsync(
        $"SELECT pg_catalog.concat('the schema belongs to ', pg_get_userbyid(n.nspowner)) FROM pg_namespace n WHERE n.nspname = $1 AND {ForeignSchema}", [schema], r => r.GetString(0), cancellationToken);

    /// <summary>
    /// Strangers who may put triggers on the tables beside the user's, or make foreign keys to them. What they put there ends a
    /// run, but they need no more than that to end all of them. A part of a sentence each.
    /// </summary>
    public static Task<List<string>> TriggerRightsAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken) => connection.QueryAsync(
        $"""
        SELECT DISTINCT pg_catalog.concat(CASE WHEN g.grantee = 0::oid THEN 'anybody' ELSE pg_get_userbyid(g.grantee)::text END,
            CASE g.privilege_type WHEN 'TRIGGER' THEN ' may put triggers on ' ELSE ' may make foreign keys to ' END, c.oid::regclass)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL (
            SELECT grantee, privilege_type FROM pg_catalog.aclexplode(c.relacl)
            UNION ALL SELECT x.grantee, x.privilege_type FROM pg_attribute a CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) x WHERE a.attrelid = c.oid AND NOT a.attisdropped
        ) g
        WHERE n.nspname = $1 AND c.relname = ANY ($2) AND g.privilege_type IN ('TRIGGER', 'REFERENCES') AND (g.grantee = 0::oid OR NOT {ForeignObjects.Trusted("g.grantee", "$3")})
        ORDER BY 1
        """,
        [table.Schema, SchemaNames.All, table.Quoted], r => r.GetString(0), cancellationToken);
}
