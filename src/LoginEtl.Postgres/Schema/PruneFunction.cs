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
               CASE WHEN NOT {ForeignObjects.MayActAs("c.relowner", "p.proowner")} THEN pg_get_userbyid(c.relowner)::text END
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        LEFT JOIN pg_class c ON c.oid = pg_catalog.to_regclass($5)::oid
        WHERE p.oid = pg_catalog.to_regprocedure($1)::oid
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
                DELETE FROM {ledger.Quoted} WHERE key = ANY (ARRAY(
                    SELECT key FROM {ledger.Quoted} WHERE key < bound AND {Version} = 7 ORDER BY key LIMIT most FOR UPDATE SKIP LOCKED));
                GET DIAGNOSTICS timed = ROW_COUNT;
                DELETE FROM {ledger.Quoted} WHERE key = ANY (ARRAY(
                    SELECT key FROM {ledger.Quoted} WHERE created_at < now() - interval '{Days(LedgerAges.UntimedForgotten)} days' AND {Version} <> 7
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
            s_state, [Function(table), role ?? "", Body(table.Beside(SchemaNames.Ledger)), table.Quoted, table.Beside(SchemaNames.Ledger).Quoted],
            r => new PruneFunctionState(
                Exists: true, r.GetBoolean(0), r.GetBoolean(1), r.GetBoolean(2) ? null : r.GetString(3), r.GetString(3), r.IsDBNull(4) ? null : r.GetString(4)), cancellationToken).ConfigureAwait(false);
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
/// The ledger's owner, where that one may not act as the function's: what they put on the ledger, statistics with a function
/// of theirs say, would run with the function's rights, so it is not to be called.
/// </param>
internal sealed record PruneFunctionState(bool Exists, bool IsGranted, bool IsCurrent, string? Stranger, string Owner, string? LesserOwner);
