using System.Globalization;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>
/// The function that forgets old entries of the queue ledger, so that a writer needs no right to delete. Files' ids are
/// never forgotten. By the server's clock, as the horizon is.
/// </summary>
/// <remarks>
/// Deleting and not dropping partitions: a writer cannot make tomorrow's partition, and one that is missing would stop
/// every run. Keys are in the order of time, so what is deleted together lies together.
/// </remarks>
internal static class PruneFunction
{
    /// <summary>Its name, beside the ledger.</summary>
    public const string Name = "login_etl_prune";

    /// <summary>Entries a call deletes when it is not told how many.</summary>
    public const int Most = 10_000;

    // Others may have made one of the name, or one more beside it: of that name and argument there is one.
    private static readonly string s_state =
        $"""
        SELECT coalesce((SELECT pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE') FROM pg_roles r WHERE r.rolname = coalesce(nullif($2, ''), current_user)), false),
               p.prosrc = $3 AND p.prosecdef AND l.lanname = 'plpgsql' AND p.proconfig OPERATOR(pg_catalog.=) ARRAY['search_path={Queries.SystemPath}', 'enable_seqscan=off'],
               {ForeignObjects.Trusted("p.proowner", "$4")}, pg_get_userbyid(p.proowner),
               CASE WHEN NOT {ForeignObjects.MayActAs("c.relowner", "p.proowner")} THEN pg_get_userbyid(c.relowner)::text
                   WHEN NOT {SchemaFits("p.proowner")} THEN pg_get_userbyid({SchemaOwner})::text END,
               (SELECT pg_catalog.concat(b.oid::regprocedure, ' of ', pg_get_userbyid(b.proowner)) FROM pg_proc b
                WHERE b.pronamespace = p.pronamespace AND b.proname = p.proname AND b.oid <> p.oid AND b.pronargs > 1 AND b.pronargs - b.pronargdefaults <= 1 LIMIT 1),
               pg_catalog.to_regclass($6)::oid IS NOT NULL
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        LEFT JOIN pg_class c ON c.oid = pg_catalog.to_regclass($5)::oid
        WHERE p.oid = pg_catalog.to_regprocedure($1)::oid
        """;

    // Whom the schema n belongs to, or the database where that is said of the schema.
    private const string SchemaOwner =
        "(CASE WHEN pg_get_userbyid(n.nspowner) = 'pg_database_owner' THEN (SELECT datdba FROM pg_database WHERE datname = current_database()) ELSE n.nspowner END)";

    // Whoever owns the schema n may exchange the ledger. The database's owner is trusted with everybody's rights but a superuser's.
    private static string SchemaFits(string owner) =>
        $"""
        ({ForeignObjects.MayActAs(SchemaOwner, owner)} OR ({ForeignObjects.MayActAs(SchemaOwner, "(SELECT datdba FROM pg_database WHERE datname = current_database())")}
            AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = {owner})))
        """;

    // FIFO queues' keys have no time in them, and those of senders' identities only the sender's: a uuid that is not of version 7.
    private const string Version = "get_byte(uuid_send(key), 6) >> 4";

    /// <summary>The statements that make it, and the index for entries that go by the time they were written.</summary>
    /// <param name="ledger">Beside which it stands.</param>
    /// <param name="replaces">An earlier version is there; its owner and grants stay.</param>
    public static string Create(QualifiedName ledger, bool replaces)
    {
        var function = Function(ledger);
        return
            $"""
            CREATE INDEX IF NOT EXISTS {SchemaNames.LedgerUntimed} ON {ledger.Quoted} (created_at) WHERE {Version} <> 7;
            CREATE {(replaces ? "OR REPLACE " : "")}FUNCTION {ledger.Beside(Name).Quoted}(most integer DEFAULT {Most}) RETURNS bigint
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = {Queries.SystemPath} SET enable_seqscan = off AS $login_etl${Body(ledger)}$login_etl$;
            REVOKE ALL ON FUNCTION {function} FROM PUBLIC;
            COMMENT ON FUNCTION {function} IS 'LoginEtl: forgets entries of the ledger that no message can come for any more, at most so many; answers how many.'
            """;
    }

    private static string Body(QualifiedName ledger) =>
        $"""

            DECLARE
                oldest timestamptz := now() - interval '{Days(LedgerAges.Forgotten)} days';
                bound uuid := (lpad(to_hex((extract(epoch FROM oldest) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
                timed bigint;
                untimed bigint;
            BEGIN
                -- Behind this lock nobody exchanges the ledger, or puts on it what would run with this function's rights.
                LOCK TABLE ONLY {ledger.Quoted} IN ROW EXCLUSIVE MODE;
                -- With a snapshot from before the lock, what came meanwhile would fire and not be seen.
                IF current_setting('transaction_isolation') <> 'read committed' OR NOT EXISTS (
                    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_roles me
                    WHERE c.oid = {ledger.Literal}::regclass AND me.rolname = current_user AND c.relkind = 'r' AND NOT c.relrowsecurity
                        AND {ForeignObjects.MayActAs("c.relowner", "me.oid")} AND {SchemaFits("me.oid")}
                        AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid) AND NOT EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid)) THEN
                    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                        MESSAGE = 'whoever owns the ledger or its schema may do less than the owner of this function, or something stands on the ledger that would run with its rights, or the transaction is not READ COMMITTED',
                        HINT = 'Test-LoginEtl says how to mend it.';
                END IF;
                DELETE FROM ONLY {ledger.Quoted} WHERE key = ANY (ARRAY(
                    SELECT key FROM ONLY {ledger.Quoted} WHERE key < bound AND {Version} = 7 ORDER BY key LIMIT most FOR UPDATE SKIP LOCKED));
                GET DIAGNOSTICS timed = ROW_COUNT;
                DELETE FROM ONLY {ledger.Quoted} WHERE key = ANY (ARRAY(
                    SELECT key FROM ONLY {ledger.Quoted} WHERE created_at < now() - interval '{Days(LedgerAges.UntimedForgotten)} days' AND {Version} <> 7
                    ORDER BY created_at LIMIT most - timed FOR UPDATE SKIP LOCKED));
                GET DIAGNOSTICS untimed = ROW_COUNT;
                RETURN timed + untimed;
            END
        """;

    private static string Days(TimeSpan age) => age.TotalDays.ToString(CultureInfo.InvariantCulture);

    /// <summary>The statement that lets a role call it.</summary>
    public static string Grant(QualifiedName table, string role) => $"GRANT EXECUTE ON FUNCTION {Function(table)} TO {role}";

    /// <summary>It with its argument, by which it is told from others of its name.</summary>
    public static string Function(QualifiedName table) => $"{table.Beside(Name).Quoted}(integer)";

    /// <summary>Whether it is there, whether a role may call it, and whether it is the one that this version makes.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="table">Beside which it stands.</param>
    /// <param name="role">Null for the connection's own.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<PruneFunctionState> StateAsync(
        NpgsqlConnection connection, QualifiedName table, string? role, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            s_state, [Function(table), role ?? "", Body(table.Beside(SchemaNames.Ledger)), table.Quoted, table.Beside(SchemaNames.Ledger).Quoted, table.Beside(SchemaNames.LedgerUntimed).Quoted],
            r => new PruneFunctionState(
                Exists: true, r.GetBoolean(0), r.GetBoolean(1), r.GetBoolean(2) ? null : r.GetString(3), r.GetString(3), r.IsDBNull(4) ? null : r.GetString(4))
            { Rival = r.IsDBNull(5) ? null : r.GetString(5), HasIndex = r.GetBoolean(6) },
            cancellationToken).ConfigureAwait(false);
        return found.FirstOrDefault() ?? new PruneFunctionState(false, false, false, null, "", null);
    }
}

/// <summary>The pruning function as it is.</summary>
/// <param name="Exists">One of its name and argument is there; without it the rest says nothing.</param>
/// <param name="IsGranted">The role may call it.</param>
/// <param name="IsCurrent">It does what this version's does, with the rights and settings of this version's.</param>
/// <param name="Stranger">Its owner, where that is nobody to be trusted: then it is not to be called.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="LesserOwner">
/// The owner of the ledger or of its schema, where that one may not act as the function's: what they put on the ledger, or
/// in its place, would run with the function's rights. So it is not to be called, and refuses whoever calls it.
/// </param>
internal sealed record PruneFunctionState(bool Exists, bool IsGranted, bool IsCurrent, string? Stranger, string Owner, string? LesserOwner)
{
    /// <summary>Another of its name that a call of ours might mean as well, and its owner: the server calls neither.</summary>
    public string? Rival { get; init; }

    /// <summary>The index is there by which it finds entries that go by the time they were written.</summary>
    public bool HasIndex { get; init; }

    /// <summary>What is to be said, and done, where it has a lesser owner beside it.</summary>
    public (string Detail, string Remedy) Mightier(QualifiedName table) => (
        $"{table.Beside(PruneFunction.Name)} has the rights of {Owner}, and the ledger or its schema belongs to {LesserOwner}, who could have their way with these: it is not called, and the ledger grows for ever",
        $"Give both to one owner: ALTER TABLE {table.Beside(SchemaNames.Ledger)} OWNER TO {QualifiedName.Quote(LesserOwner!)}; ALTER FUNCTION {table.Beside(PruneFunction.Name)}(integer) OWNER TO {QualifiedName.Quote(LesserOwner!)}.");
}
