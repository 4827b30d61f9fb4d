using System.Globalization;
using System.Text.RegularExpressions;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>
/// The function that deletes what is past its retention: originals of the vault, what entries of the quarantine hold, and rows
/// of the user's table. The days stand in it, and nowhere else. By the server's clock; entries and ledgers stay.
/// </summary>
/// <param name="table">The user's, as it is now.</param>
/// <param name="retention">Its days.</param>
internal sealed partial class RetainFunction(LiveTable table, Retention retention) : DefinerFunction(table.Name, FunctionName)
{
    private const string FunctionName = "login_etl_retain";

    /// <summary>A condition: an entry of the quarantine was not erased yet.</summary>
    private const string Holds = "sealed_body IS NOT NULL OR record IS NOT NULL";

    private const string Utc = "(now() AT TIME ZONE 'UTC')";

    private const string Indexed = "CREATE INDEX IF NOT EXISTS";

    private QualifiedName Quarantine => Table.Beside(SchemaNames.Quarantine);

    private QualifiedName Vault => Table.Beside(SchemaNames.Vault);

    /// <summary>For how long things are kept.</summary>
    public Retention Retention => retention;

    /// <inheritdoc/>
    public override string Neglect => "what is past its retention stays";

    /// <inheritdoc/>
    protected override string Comment =>
        $"'LoginEtl: deletes what is older than its retention ({retention}), at most so much; answers how much. Initialize-LoginDatabase -Retention makes it anew.'";

    /// <inheritdoc/>
    protected override IReadOnlyList<QualifiedName> Relations => [.. Kinds.Select(k => k.Relation)];

    /// <inheritdoc/>
    protected override IReadOnlyList<(QualifiedName Name, string Create)> Indexes =>
    [
        .. retention.Vault is null ? [] : new[] { (Table.Beside(SchemaNames.VaultCreated), $"{Indexed} {SchemaNames.VaultCreated} ON {Vault.Quoted} (created_at)") },
        .. retention.Quarantine is null ? [] : new[] { (Table.Beside(SchemaNames.QuarantineHeld), $"{Indexed} {SchemaNames.QuarantineHeld} ON {Quarantine.Quoted} (created_at) WHERE {Holds}") },
    ];

    // What each kind needs a right to, and whether the relation is one of ours, on which nothing stands at all.
    private IEnumerable<(QualifiedName Relation, string Privilege, bool IsOurs)> Kinds =>
    [
        .. retention.Rows is null ? [] : new[] { (Table, "DELETE", false) },
        .. retention.Quarantine is null ? [] : new[] { (Quarantine, "UPDATE", true) },
        .. retention.Vault is null ? [] : new[] { (Vault, "DELETE", true) },
    ];

    /// <inheritdoc/>
    protected override string Body =>
        $"""

            -- Retention: {retention}.
            #variable_conflict use_variable
            DECLARE
                unfit text;
                gone bigint := 0;
                done bigint;
                leaf record;
            BEGIN
                -- Behind these locks nobody exchanges a table, or puts on it what would run with this function's rights.
                {string.Join("\n        ", Kinds.Select(k => $"LOCK TABLE {(k.IsOurs ? "ONLY " : "")}{k.Relation.Quoted} IN ROW EXCLUSIVE MODE;"))}
                unfit := ({Unfit("rolname = current_user")});
                -- With a snapshot from before the locks, what came meanwhile would fire and not be seen.
                IF unfit IS NOT NULL OR current_setting('transaction_isolation') <> 'read committed' THEN
                    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                        MESSAGE = concat('whoever owns ', coalesce(unfit, 'a table'), ' or its schema may do less than the owner of this function, or this one may not delete there, or something stands on it that would run with its rights, or row security hides rows, or the transaction is not READ COMMITTED'),
                        HINT = 'Test-LoginEtl says how to mend it.';
                END IF;{DeleteOriginals}{EraseEntries}{DeleteRows}
                RETURN gone;
            END
        """;

    private string DeleteOriginals => retention.Vault is null ? "" :
        $"""

                DELETE FROM ONLY {Vault.Quoted} v WHERE v.ctid = ANY (ARRAY(
                    SELECT o.ctid FROM ONLY {Vault.Quoted} o WHERE {OldOriginals()} ORDER BY o.created_at LIMIT most FOR UPDATE SKIP LOCKED));
                GET DIAGNOSTICS gone = ROW_COUNT;
        """;

    // As a dismissal leaves them; one that was restored before keeps its time.
    private string EraseEntries => retention.Quarantine is not { } days ? "" :
        $"""

                UPDATE ONLY {Quarantine.Quoted} q
                SET {SchemaNames.DismissedAt} = now(), {SchemaNames.DismissedBy} = session_user, {SchemaNames.DismissalReason} = 'Retention of {Retention.Text(days)}.', sealed_body = NULL, record = NULL
                WHERE q.id = ANY (ARRAY(SELECT o.id FROM ONLY {Quarantine.Quoted} o WHERE {OldEntries()} ORDER BY o.created_at LIMIT most - gone FOR UPDATE SKIP LOCKED));
                GET DIAGNOSTICS done = ROW_COUNT;
                gone := gone + done;
        """;

    // Found by the table, so that the server leaves out partitions that are too young, and deleted in each partition by itself:
    // a place in one says nothing in another.
    private string DeleteRows => retention.Rows is null ? "" :
        $"""

                FOR leaf IN
                    SELECT f.place, array_agg(f.spot) AS spots FROM (
                        SELECT o.tableoid AS place, o.ctid AS spot FROM {Table.Quoted} o WHERE {OldRows()} LIMIT most - gone FOR UPDATE SKIP LOCKED) f GROUP BY f.place
                LOOP
                    EXECUTE format('DELETE FROM ONLY %s WHERE ctid = ANY ($1)', leaf.place::regclass) USING leaf.spots;
                    GET DIAGNOSTICS done = ROW_COUNT;
                    gone := gone + done;
                END LOOP;
        """;

    /// <summary>The function that is there, whatever it does; null where none is. One whose days are not to be read has none.</summary>
    public static async Task<RetainFunction?> FindAsync(NpgsqlConnection connection, LiveTable table, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            "SELECT prosrc FROM pg_proc WHERE oid = pg_catalog.to_regprocedure($1)::oid", [new RetainFunction(table, Retention.None).Signature], r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        return found is [var body] ? new RetainFunction(table, DaysOf(body)) : null;
    }

    /// <summary>What is older than its retention by now.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="later">Days more that it has to be older by.</param>
    /// <param name="most">Where counting ends.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>How many of each kind, as people call them; of what the user may not read, or not all of it, nothing.</returns>
    public async Task<IReadOnlyList<(string Kind, long Count)>> CountOldAsync(NpgsqlConnection connection, int later, long most, CancellationToken cancellationToken)
    {
        var counts = new List<(string, long)>();
        await CountAsync("rows", retention.Rows, Table, () => OldRows(later)).ConfigureAwait(false);
        await CountAsync("entries of the quarantine", retention.Quarantine, Quarantine, () => OldEntries(later)).ConfigureAwait(false);
        await CountAsync("originals", retention.Vault, Vault, () => OldOriginals(later)).ConfigureAwait(false);
        return counts;

        async Task CountAsync(string kind, int? days, QualifiedName relation, Func<string> old)
        {
            if (days is not null && (await connection.QueryAsync(MayReadAll, [relation.Quoted], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0])
            {
                counts.Add((kind, (await connection.QueryWholeAsync(
                    $"SELECT count(*) FROM (SELECT FROM {relation.Quoted} o WHERE {old()} LIMIT {most.ToString(CultureInfo.InvariantCulture)}) f", [], r => r.GetInt64(0), cancellationToken).ConfigureAwait(false))[0]));
            }
        }
    }

    /// <inheritdoc/>
    public override async Task<string?> ObstacleAsync(NpgsqlConnection connection, DefinerFunctionState state, CancellationToken cancellationToken)
    {
        var found = retention == Retention.None ? [] : await connection.QueryAsync(
            Unfit("oid = (SELECT proowner FROM pg_proc WHERE oid = pg_catalog.to_regprocedure($1)::oid)"), [Signature], r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        return found is [var unfit]
            ? $"{Name} refuses to delete, because something stands on {unfit} that would run with the rights of {state.Owner} (a trigger or a rule for DELETE, a foreign key that changes its table too, or is of somebody who may do less), or hides rows from them, or they may not delete there: {Neglect}"
            : null;
    }

    private const string MayReadAll =
        "SELECT coalesce((SELECT pg_catalog.has_table_privilege(c.oid, 'SELECT') AND NOT pg_catalog.row_security_active(c.oid) FROM pg_class c WHERE c.oid = pg_catalog.to_regclass($1)::oid), false)";

    // The first of the relations and their partitions that it must not delete from: whose owner may do less, or where something
    // runs or hides rows. Row security does not hide any from who passes it by. A foreign key that deletes nothing looks into its
    // own table as that one's owner, whose casts may change the search path under the statement that comes next. Before
    // PostgreSQL 15 a trigger that a partition has of its table passes for the system's own.
    private string Unfit(string owner) =>
        $"""
        WITH RECURSIVE tree(oid, privilege, is_ours) AS (
            VALUES {string.Join(", ", Kinds.Select(k => $"(pg_catalog.to_regclass({k.Relation.Literal})::oid, '{k.Privilege}'::text, {(k.IsOurs ? "true" : "false")})"))}
            UNION SELECT i.inhrelid, t.privilege, t.is_ours FROM pg_inherits i JOIN tree t ON t.oid = i.inhparent)
        SELECT pg_catalog.concat(n.nspname, '.', c.relname) FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles me ON me.{owner}
        WHERE c.relkind NOT IN ('r', 'p') OR NOT pg_catalog.has_table_privilege(me.oid, c.oid, t.privilege)
            OR NOT {ForeignObjects.MayActAs("c.relowner", "me.oid")} OR NOT {SchemaFits("me.oid")}
            OR (c.relrowsecurity AND NOT me.rolsuper AND NOT me.rolbypassrls AND (c.relforcerowsecurity OR NOT pg_catalog.pg_has_role(me.oid, c.relowner, 'USAGE'::text)))
            OR EXISTS (SELECT FROM pg_trigger x WHERE x.tgrelid = c.oid AND (t.is_ours OR ((NOT x.tgisinternal OR x.tgfoid >= {Strangers.FirstOfUsers}::oid) AND x.tgenabled <> 'D' AND x.tgtype & 8::smallint <> 0::smallint)))
            OR EXISTS (SELECT FROM pg_rewrite x WHERE x.ev_class = c.oid AND (t.is_ours OR x.ev_type = '4'))
            OR EXISTS (SELECT FROM pg_constraint x JOIN pg_class r ON r.oid = x.conrelid
                WHERE x.confrelid = c.oid AND x.contype = 'f' AND (x.confdeltype IN ('c', 'n', 'd') OR NOT {ForeignObjects.MayActAs("r.relowner", "me.oid")}))
        LIMIT 1
        """;

    private string OldOriginals(int later = 0) => $"o.created_at < {Moment(retention.Vault, later)}";

    private string OldEntries(int later = 0) => $"o.created_at < {Moment(retention.Quarantine, later)} AND ({Holds})";

    // A day is as old as its end, UTC: nothing of it goes too early.
    private string OldRows(int later = 0)
    {
        var (type, now) = table.Find(RecordField.CreateDate)?.Type switch
        {
            ColumnType.Date => ("date", Utc),
            ColumnType.Timestamp => ("timestamp", Utc),
            _ => ("timestamptz", "now()"),
        };
        var bound = type == "date" ? string.Create(CultureInfo.InvariantCulture, $"{now}::pg_catalog.date - {retention.Rows + later}") : Moment(retention.Rows, later, now);
        return $"o.{QualifiedName.Quote(table.NameOf(RecordField.CreateDate))}::pg_catalog.{type} < {bound}";
    }

    // In hours: a day of an interval is one of the session's time zone, which may have 23.
    private static string Moment(int? days, int later, string now = "now()") => string.Create(CultureInfo.InvariantCulture, $"{now} - interval '{(days + later) * 24} hours'");

    private static Retention DaysOf(string body)
    {
        var found = Said().Match(body);
        return new Retention { Rows = Number("rows"), Quarantine = Number("quarantine"), Vault = Number("vault") };

        int? Number(string kind) => found.Groups[kind] is { Success: true, Value: var digits } ? int.Parse(digits, CultureInfo.InvariantCulture) : null;
    }

    [GeneratedRegex(@"\A\s*-- Retention: (?:rows (?<rows>[0-9]{1,5}) days?)?(?:, )?(?:quarantine (?<quarantine>[0-9]{1,5}) days?)?(?:, )?(?:vault (?<vault>[0-9]{1,5}) days?)?\.", RegexOptions.ExplicitCapture)]
    private static partial Regex Said();
}
