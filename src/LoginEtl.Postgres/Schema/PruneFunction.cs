using System.Globalization;
using LoginEtl.Postgres.Catalog;

namespace LoginEtl.Postgres.Schema;

/// <summary>
/// The function that forgets old entries of the queue ledger, so that a writer needs no right to delete. Files' ids are
/// never forgotten. By the server's clock, as the horizon is.
/// </summary>
/// <remarks>
/// Deleting and not dropping partitions: a writer cannot make tomorrow's partition, and one that is missing would stop
/// every run. Keys are in the order of time, so what is deleted together lies together.
/// </remarks>
internal sealed class PruneFunction(QualifiedName table) : DefinerFunction(table, FunctionName)
{
    private const string FunctionName = "login_etl_prune";

    // FIFO queues' keys have no time in them, and those of senders' identities only the sender's: a uuid that is not of version 7.
    private const string Version = "get_byte(uuid_send(key), 6) >> 4";

    private QualifiedName Ledger => Table.Beside(SchemaNames.Ledger);

    /// <inheritdoc/>
    public override string Neglect => "the ledger grows for ever";

    /// <inheritdoc/>
    protected override string Comment => "'LoginEtl: forgets entries of the ledger that no message can come for any more, at most so many; answers how many.'";

    /// <inheritdoc/>
    protected override IReadOnlyList<QualifiedName> Relations => [Ledger];

    /// <inheritdoc/>
    protected override IReadOnlyList<(QualifiedName Name, string Create)> Indexes =>
        [(Table.Beside(SchemaNames.LedgerUntimed), $"CREATE INDEX IF NOT EXISTS {SchemaNames.LedgerUntimed} ON {Ledger.Quoted} (created_at) WHERE {Version} <> 7")];

    /// <inheritdoc/>
    protected override string Body =>
        $"""

            DECLARE
                oldest timestamptz := now() - interval '{Days(LedgerAges.Forgotten)} days';
                bound uuid := (lpad(to_hex((extract(epoch FROM oldest) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
                timed bigint;
                untimed bigint;
            BEGIN
                -- Behind this lock nobody exchanges the ledger, or puts on it what would run with this function's rights.
                LOCK TABLE ONLY {Ledger.Quoted} IN ROW EXCLUSIVE MODE;
                -- With a snapshot from before the lock, what came meanwhile would fire and not be seen.
                IF current_setting('transaction_isolation') <> 'read committed' OR NOT EXISTS (
                    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_roles me
                    WHERE c.oid = {Ledger.Literal}::regclass AND me.rolname = current_user AND c.relkind = 'r' AND NOT c.relrowsecurity
                        AND {ForeignObjects.MayActAs("c.relowner", "me.oid")} AND {SchemaFits("me.oid")}
                        AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid) AND NOT EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid)) THEN
                    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                        MESSAGE = 'whoever owns the ledger or its schema may do less than the owner of this function, or something stands on the ledger that would run with its rights, or the transaction is not READ COMMITTED',
                        HINT = 'Test-LoginEtl says how to mend it.';
                END IF;
                DELETE FROM ONLY {Ledger.Quoted} WHERE key = ANY (ARRAY(
                    SELECT key FROM ONLY {Ledger.Quoted} WHERE key < bound AND {Version} = 7 ORDER BY key LIMIT most FOR UPDATE SKIP LOCKED));
                GET DIAGNOSTICS timed = ROW_COUNT;
                DELETE FROM ONLY {Ledger.Quoted} WHERE key = ANY (ARRAY(
                    SELECT key FROM ONLY {Ledger.Quoted} WHERE created_at < now() - interval '{Days(LedgerAges.UntimedForgotten)} days' AND {Version} <> 7
                    ORDER BY created_at LIMIT most - timed FOR UPDATE SKIP LOCKED));
                GET DIAGNOSTICS untimed = ROW_COUNT;
                RETURN timed + untimed;
            END
        """;

    private static string Days(TimeSpan age) => age.TotalDays.ToString(CultureInfo.InvariantCulture);
}
