using System.Globalization;
using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Run;
using Npgsql;

namespace LoginEtl.Postgres.Catalog;

/// <summary>
/// What the database says of itself: the version of the relations beside the table, and where they were when that was
/// recorded. A program of another version writes nothing; nor does one to a database that is another by now.
/// </summary>
/// <param name="Version">Of the relations.</param>
/// <param name="MadeBy">The program that made them so.</param>
/// <param name="RecordedAt">When database and server were recorded (UTC).</param>
/// <param name="IsSame">They are those still.</param>
/// <param name="Replaced">Tables beside the user's that are others than those recorded.</param>
/// <param name="RecordedTimeline">The server's history at that time: a server that was promoted or recovered is on another; null where it cannot be known.</param>
/// <param name="Timeline">The server's history now.</param>
/// <param name="IsRecovered">The server's settings name a point that it was recovered to.</param>
/// <param name="MayRecord">The user may record another timeline.</param>
internal sealed record SchemaRecord(
    int Version, string MadeBy, DateTime RecordedAt, bool IsSame, IReadOnlyList<string> Replaced, int? RecordedTimeline, int? Timeline, bool IsRecovered, bool MayRecord)
{
    /// <summary>The version that this program makes and writes to.</summary>
    public const short Current = 2;

    /// <summary>An expression: which server this is.</summary>
    public const string System = "(SELECT system_identifier FROM pg_control_system())";

    // Of the log as it is written: what the control file says is of the last checkpoint, which may be minutes old.
    /// <summary>An expression: the number of the server's history.</summary>
    public const string History = "(pg_catalog.concat('x', pg_catalog.substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int)";

    /// <summary>An expression: which database this is.</summary>
    public const string Database = "(SELECT oid FROM pg_database WHERE datname = current_database())";

    private const string MayRead = "SELECT pg_catalog.has_table_privilege(pg_catalog.to_regclass($1)::oid, 'SELECT')";

    // Some servers let not everybody call these; even where they would not be called, a query that names them is refused then.
    private const string MayAsk = "pg_catalog.has_function_privilege('pg_control_system()', 'EXECUTE') AND pg_catalog.has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE') AND pg_catalog.has_function_privilege('pg_current_wal_insert_lsn()', 'EXECUTE') AND NOT pg_is_in_recovery()";

    // What records of earlier versions have no column for is null.
    private const string Recorded = $"pg_catalog.json_extract_path_text(pg_catalog.row_to_json(s), '{SchemaNames.Relations}'::text)";

    private static string Query(QualifiedName record) =>
        $"""
        SELECT s.version, s.made_by, s.recorded_at,
               s.database_id = {Database},
               CASE WHEN {MayAsk} THEN s.system_identifier END, CASE WHEN {MayAsk} THEN s.timeline END,
               pg_catalog.concat(current_setting('recovery_target', true), current_setting('recovery_target_time', true), current_setting('recovery_target_xid', true),
                      current_setting('recovery_target_lsn', true), current_setting('recovery_target_name', true)) <> '',
               pg_catalog.has_column_privilege(pg_catalog.to_regclass($2)::oid, 'timeline', 'UPDATE'),
               ARRAY(SELECT '{SchemaNames.Ledger}'::text WHERE s.ledger_id <> coalesce(pg_catalog.to_regclass($1)::oid, 0)
                   UNION ALL SELECT r.name FROM pg_catalog.json_each_text({Recorded}::json) r(name, id)
                       WHERE pg_catalog.to_regclass(pg_catalog.concat($3::text, pg_catalog.quote_ident(r.name)))::oid::text <> r.id),
               {Recorded} IS NOT NULL
        FROM {record.Quoted} s
        """;

    // Without reading all of them: keys of messages go by time; entries of files are added at the end and never deleted.
    private static string NewestEntry(QualifiedName table, bool hasFiles) =>
        $"""
        SELECT greatest(
            (SELECT max(created_at) FROM (SELECT created_at FROM {table.Beside(SchemaNames.Ledger).Quoted} ORDER BY key DESC LIMIT 1000) m),
            {(hasFiles ? NewestLine(table.Beside(SchemaNames.FileLedger)) : "NULL")})
        """;

    private static string NewestLine(QualifiedName ledger) =>
        $"""
        (SELECT max(created_at) FROM {ledger.Quoted}
         WHERE ctid >= pg_catalog.format('(%s,0)', greatest(0, pg_catalog.pg_relation_size({ledger.Literal}::regclass) / current_setting('block_size')::int - 20))::tid)
        """;

    /// <summary>What must hold before anything is written.</summary>
    /// <param name="connection">To the database.</param>
    /// <param name="table">The user's.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="trusted">Relations beside the table that nobody else may have made, the record's among them; those that this reads when not given.</param>
    /// <returns>The record; its <see cref="Notice"/> is to be told.</returns>
    /// <exception cref="LoginEtlException"><c>ForeignObject</c>, <c>SchemaOutdated</c>, <c>SchemaNewer</c>, <c>DatabaseRewound</c>, <c>TableAccessDenied</c>.</exception>
    public static async Task<SchemaRecord> RequireAsync(
        NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken, string[]? trusted = null)
    {
        var relation = table.Beside(SchemaNames.Schema);
        var exists = await RequireOursAsync(connection, relation, cancellationToken).ConfigureAwait(false);
        // Once it is there, nobody can put another in its place but who is trusted.
        await ForeignObjects.RequireNoneAsync(connection, table, trusted ?? SchemaNames.OfRecord, cancellationToken).ConfigureAwait(false);
        if (exists && !(await connection.QueryAsync(MayRead, [relation.Quoted], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0])
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user has not the rights that a run needs on {relation}.", $"GRANT SELECT ON {relation} TO the user.");
        }

        var record = exists ? await ReadAsync(connection, table, cancellationToken).ConfigureAwait(false) : null;
        record?.RequireNotNewer(table);
        return record is null or { Version: < Current } ? throw await SchemaGap.OutdatedAsync(connection, table, cancellationToken).ConfigureAwait(false)
            : record.IsRewound ? throw await record.RewoundAsync(connection, table, cancellationToken).ConfigureAwait(false)
            : record;
    }

    /// <summary>The record; null where nobody has written it.</summary>
    public static async Task<SchemaRecord?> ReadAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        var record = table.Beside(SchemaNames.Schema);
        var found = await connection.QueryAsync(
            Query(record), [table.Beside(SchemaNames.Ledger).Quoted, record.Quoted, $"{QualifiedName.Quote(table.Schema)}."],
            r => (Server: r.IsDBNull(4) || r.IsDBNull(5) ? null : ((long Id, int Timeline)?)(r.GetInt64(4), r.GetInt32(5)), Record: new SchemaRecord(
                r.GetInt32(0), r.GetString(1), r.GetDateTime(2), IsSame: r.GetBoolean(3), [.. r.GetFieldValue<string[]>(8).Where(SchemaNames.All.Contains)], null, null, IsRecovered: r.GetBoolean(6), MayRecord: r.GetBoolean(7))
            { HasRelations = r.GetBoolean(9) }),
            cancellationToken).ConfigureAwait(false);
        if (found is not [var (server, schema)] || server is not var (id, timeline))
        {
            return found.Count == 0 ? null : found[0].Record;
        }

        var (idNow, timelineNow) = (await connection.QueryAsync($"SELECT {System}, {History}", [], r => (r.GetInt64(0), r.GetInt32(1)), cancellationToken).ConfigureAwait(false))[0];
        return schema with { IsSame = schema.IsSame && id == idNow, RecordedTimeline = timeline, Timeline = timelineNow };
    }

    /// <summary>Records the server's history as it is by now.</summary>
    public static async Task RecordTimelineAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        await WriteLock.TakeAsync(connection, table, [WriteLock.ToUpdate(table.Beside(SchemaNames.Schema), "timeline")], [SchemaNames.Schema], cancellationToken).ConfigureAwait(false);
        await connection.RunAsync($"UPDATE {table.Beside(SchemaNames.Schema).Quoted} SET timeline = {History}", cancellationToken).ConfigureAwait(false);
        await ForeignObjects.CommitAsync(transaction, table, [SchemaNames.Schema], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>It is recorded which tables those beside the user's were.</summary>
    public bool HasRelations { get; init; }

    /// <summary>What an operator should know, and what stops no run; null when there is nothing.</summary>
    public string? Notice => IsRewound || Timeline == RecordedTimeline ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"The database server was promoted or recovered since {RecordedAt:yyyy-MM-dd HH:mm}Z (its history is number {Timeline}, and was {RecordedTimeline}). Where it lost commits on the way, their messages are deleted: docs/recovery.md says what to look for.");

    /// <exception cref="LoginEtlException"><c>SchemaNewer</c>.</exception>
    public void RequireNotNewer(QualifiedName table) => RequireNotNewer(table, Version, MadeBy);

    /// <inheritdoc cref="RequireNotNewer(QualifiedName)"/>
    public static void RequireNotNewer(QualifiedName table, int version, string? madeBy = null)
    {
        if (version > Current)
        {
            throw new LoginEtlException(
                ErrorId.SchemaNewer,
                $"The tables beside {table} are of schema version {version}, and this program ({ProgramVersion.Text}) writes version {Current}: it could break what the newer one keeps. Nothing was written or deleted.",
                $"Upgrade this program: to {Printable(madeBy)} or later.");
        }
    }

    // A promotion changes the history as a recovery to an earlier point does. Only the latter has a point in its settings.
    /// <summary>It is another database, or went back to an earlier point, or a table beside the user's did.</summary>
    public bool IsRewound => !IsSame || Replaced.Count > 0 || (Timeline != RecordedTimeline && IsRecovered);

    private string Happened(QualifiedName table) =>
        !IsSame || Replaced.Count == 0 ? $"The database of {table} was restored, copied or moved since"
        : $"Beside {table}, {string.Join(" and ", Replaced)} {(Replaced.Count == 1 ? "is another table" : "are other tables")} than the one recorded";

    /// <summary>The fault of what is rewound.</summary>
    public async Task<LoginEtlException> RewoundAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        var hasFiles = (await TableNames.ColumnsAsync(connection, table.Beside(SchemaNames.FileLedger), cancellationToken).ConfigureAwait(false)).Count > 0;
        var newest = (await connection.QueryAsync(NewestEntry(table, hasFiles), [], r => r.IsDBNull(0) ? (DateTime?)null : r.GetDateTime(0), cancellationToken).ConfigureAwait(false))[0];
        return new LoginEtlException(
            ErrorId.DatabaseRewound,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Happened(table)} {RecordedAt:yyyy-MM-dd HH:mm}Z. {(newest is null ? "Its ledgers have no entries" : $"The newest entry of its ledgers is of {newest:yyyy-MM-dd HH:mm:ss}Z")}: rows that were written later are missing, and their messages are deleted from the queue. Nothing was written or deleted."),
            "Look for lost rows, erasures, keys and audit lines as docs/recovery.md says; then Initialize-LoginDatabase -AcceptRestored.");
    }

    /// <summary>Whether it is there.</summary>
    /// <exception cref="LoginEtlException"><c>LedgerUnsuitable</c>.</exception>
    public static async Task<bool> RequireOursAsync(NpgsqlConnection connection, QualifiedName record, CancellationToken cancellationToken)
    {
        var columns = await TableNames.ColumnsAsync(connection, record, cancellationToken).ConfigureAwait(false);
        return columns.Count == 0 ? false : columns.IsSupersetOf(SchemaNames.SchemaColumns) ? true : throw new LoginEtlException(
            ErrorId.LedgerUnsuitable, $"{record} is not the table this version makes.", "Move it out of the way, then run Initialize-LoginDatabase.");
    }

    // Whoever may write the record may write anything there.
    private static string Printable(string? version) => version is { Length: > 0 and <= 64 } && version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+') ? version : "the version that ran Initialize-LoginDatabase";
}
