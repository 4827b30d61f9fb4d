using LoginEtl.Faults;
using LoginEtl.History;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.History;

/// <summary>Holds receipts, runs, ledgers and quarantine against each other, as they are at one moment.</summary>
internal sealed class RunProver(QualifiedName table)
{
    private static readonly string[] s_read = [SchemaNames.Runs, SchemaNames.Receipts, SchemaNames.Ledger, SchemaNames.FileLedger, SchemaNames.Quarantine];

    private static readonly string[] s_ledgers = [SchemaNames.Ledger, SchemaNames.FileLedger];

    // How old a message may be of a run that began a moment ago and has not said: none of it is forgotten in the first day.
    private static TimeSpan OldestUnknown => LedgerAges.Horizon - (LedgerAges.Forgotten - LedgerAges.Horizon);

    private readonly string _receipts = table.Beside(SchemaNames.Receipts).Quoted;
    private readonly string _runs = table.Beside(SchemaNames.Runs).Quoted;

    // One look at each ledger: they are what is large here. Those of no run are together.
    private string Entries =>
        $"""
        SELECT run, sum(entries)::bigint AS entries, max(last) AS last FROM ({string.Join("\nUNION ALL ", s_ledgers.Select(l =>
            $"SELECT CASE WHEN {BatchIds.IsOfRun} THEN {BatchIds.Common("batch")} END AS run, count(*) AS entries, max(created_at) AS last FROM {table.Beside(l).Quoted} GROUP BY 1"))}) l GROUP BY run
        """;

    /// <summary>Looks at all of it.</summary>
    /// <param name="database">Stays the caller's.</param>
    /// <param name="settings">Which table.</param>
    /// <param name="links">Receipts that somebody has kept: number and SHA-256 each.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="LoginEtlException">Unreachable, refused, or there are no receipts.</exception>
    public static async Task<RunProof> ProveAsync(Database database, DatabaseSettings settings, IReadOnlyList<ReceiptLink> links, CancellationToken cancellationToken)
    {
        var live = await database.UseAsync(connection => Preflight.FindAsync(connection, settings, cancellationToken), cancellationToken).ConfigureAwait(false);
        return await database.UseBySystemPathAsync(
            async transaction =>
            {
                var connection = transaction.Connection!;
                await connection.RunAsync("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL row_security = off", cancellationToken).ConfigureAwait(false);
                foreach (var beside in await CompanionTable.ReadAsync(connection, live.Name, s_read, cancellationToken).ConfigureAwait(false))
                {
                    beside.RequireLoginEtlTable();
                }

                await ForeignObjects.RequireNoneAsync(connection, live.Name, s_read, cancellationToken).ConfigureAwait(false);
                return await new RunProver(live.Name).ProveAsync(connection, links, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<RunProof> ProveAsync(NpgsqlConnection connection, IReadOnlyList<ReceiptLink> links, CancellationToken cancellationToken)
    {
        var findings = new List<RunFinding>(await BrokenAsync(connection, cancellationToken).ConfigureAwait(false));
        findings.AddRange(await MissingAsync(connection, links, cancellationToken).ConfigureAwait(false));
        var (strangers, others) = (0L, 0L);
        var runs = new List<ProvenRun>();
        foreach (var (run, found, isLater) in await RunsAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            if (run is not null)
            {
                runs.Add(run);
                findings.AddRange(run.Findings());
            }
            else if (isLater is { } later)
            {
                // What came before the first receipt is of runs that had none.
                strangers += later ? found : 0;
            }
            else
            {
                others += found;
            }
        }

        if (strangers > 0)
        {
            findings.Add(new RunFinding { Fault = RunFault.EntriesOfNoRun, Found = strangers });
        }

        var (before, link) = await RestAsync(connection, cancellationToken).ConfigureAwait(false);
        return new RunProof
        {
            Table = $"{table}",
            Runs = runs.Count,
            Forgotten = runs.Count(r => r.MayBeForgotten),
            Before = before,
            Entries = runs.Sum(r => r.Entries),
            Quarantined = runs.Sum(r => r.InQuarantine),
            Others = others,
            Link = link,
            // A list by name: PowerShell finds nothing by index in what the compiler makes of brackets.
            Findings = findings.OrderBy(f => f.StartedAt ?? DateTimeOffset.MaxValue).Take(RunFinding.Most).ToList(),
        };
    }

    // The first alone: it says nothing of those behind it.
    private Task<List<RunFinding>> BrokenAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => connection.QueryWholeAsync(
        $"""
        SELECT c.number, c.run, {Queries.Readable("r.started_at")} FROM (
            SELECT number, run, link, number - coalesce(lag(number) OVER w, 0::bigint) AS step, {ReceiptChain.Link("lag(link) OVER w", "number", "run", "content", "oldest")} AS due
            FROM {_receipts} WINDOW w AS (ORDER BY number)) c LEFT JOIN {_runs} r ON r.id = c.run
        WHERE c.step <> 1 OR c.link <> c.due ORDER BY c.number LIMIT 1
        """,
        [], r => new RunFinding { Fault = RunFault.ReceiptChanged, Receipt = r.GetInt64(0), Run = r.GetGuid(1), StartedAt = r.IsDBNull(2) ? null : r.GetDateTime(2) }, cancellationToken);

    private Task<List<RunFinding>> MissingAsync(NpgsqlConnection connection, IReadOnlyList<ReceiptLink> links, CancellationToken cancellationToken) => connection.QueryWholeAsync(
        $"""
        SELECT l.number FROM unnest($1, $2) l(number, link) LEFT JOIN {_receipts} r ON r.number = l.number AND encode(r.link, 'hex') = l.link
        WHERE r.number IS NULL ORDER BY 1
        """,
        [links.Select(l => l.Number).ToArray(), links.Select(l => l.Digest).ToArray()], r => new RunFinding { Fault = RunFault.ReceiptMissing, Receipt = r.GetInt64(0) }, cancellationToken);

    // Runs, and behind them what is of none: whether that was written after the first receipt; null where it says itself that it is of none.
    private Task<List<(ProvenRun? Run, long Entries, bool? IsLater)>> RunsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => connection.QueryWholeAsync(
        $"""
        WITH entries AS ({Entries}),
        kept AS (SELECT {BatchIds.Common("batch")} AS run, count(*) AS entries FROM {table.Beside(SchemaNames.Quarantine).Quoted} GROUP BY 1),
        last AS (SELECT DISTINCT ON (run) run, number, content, oldest FROM {_receipts} ORDER BY run, number DESC),
        first AS (SELECT min(recorded_at) AS at FROM {_receipts}),
        runs AS (
            SELECT coalesce(r.id, l.run) AS id, {BatchIds.Common("coalesce(r.id, l.run)")} AS run, r.started_at, l.number, r.id IS NOT NULL AS is_there,
                   r.state = 'running' AND l.content::json->>'state' IN ('running', 'lost') OR {RunRow.Content("r")} = l.content AS is_same,
                   coalesce(r.written + r.updated + r.skipped + r.quarantined + r.suppressed, 0::bigint) AS counted, coalesce(r.quarantined, 0::bigint) AS quarantined,
                   coalesce(to_timestamp(l.oldest / 1000.0), r.started_at - interval '{OldestUnknown.TotalDays} days') < now() - interval '{LedgerAges.Horizon.TotalDays} days'
                       OR r.started_at < now() - interval '{LedgerAges.UntimedForgotten.TotalDays} days' AS may_be_forgotten
            FROM {_runs} r FULL JOIN last l ON l.run = r.id)
        SELECT r.id, coalesce(e.entries, 0::bigint), CASE WHEN r.id IS NULL AND e.run IS NOT NULL THEN e.last >= first.at END,
               {Queries.Readable("r.started_at")}, r.number, r.is_there, r.is_same, r.counted, r.quarantined, coalesce(k.entries, 0::bigint), r.may_be_forgotten
        FROM runs r FULL JOIN entries e ON e.run = r.run LEFT JOIN kept k ON k.run = r.run CROSS JOIN first
        WHERE r.id IS NULL OR r.number IS NOT NULL OR r.started_at >= first.at
        ORDER BY coalesce(r.started_at, 'infinity'), 1
        """,
        [],
        r => (r.IsDBNull(0) ? null : new ProvenRun
        {
            Id = r.GetGuid(0),
            StartedAt = r.IsDBNull(3) ? null : r.GetDateTime(3),
            Receipt = r.IsDBNull(4) ? null : r.GetInt64(4),
            IsRemembered = r.GetBoolean(5),
            IsAsReceipted = !r.IsDBNull(6) && r.GetBoolean(6),
            Counted = r.GetInt64(7),
            CountedQuarantined = r.GetInt64(8),
            Entries = r.GetInt64(1),
            InQuarantine = r.GetInt64(9),
            MayBeForgotten = !r.IsDBNull(10) && r.GetBoolean(10),
        }, r.GetInt64(1), r.IsDBNull(2) ? null : (bool?)r.GetBoolean(2)),
        cancellationToken);

    private async Task<(long Before, string? Link)> RestAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => (await connection.QueryWholeAsync(
        $"""
        SELECT (SELECT count(*) FROM {_runs} r, (SELECT min(recorded_at) AS at FROM {_receipts}) f
                WHERE (f.at IS NULL OR r.started_at < f.at) AND NOT EXISTS (SELECT FROM {_receipts} x WHERE x.run = r.id)),
               (SELECT concat(number, ':', encode(link, 'hex')) FROM {_receipts} ORDER BY number DESC LIMIT 1)
        """,
        [], r => (r.GetInt64(0), r.IsDBNull(1) ? null : r.GetString(1)), cancellationToken).ConfigureAwait(false))[0];
}

/// <summary>What a run counted, and what there is of it.</summary>
internal sealed record ProvenRun
{
    public required Guid Id { get; init; }

    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>Its last; null where it has none.</summary>
    public required long? Receipt { get; init; }

    public required bool IsRemembered { get; init; }

    public required bool IsAsReceipted { get; init; }

    public required long Counted { get; init; }

    public required long CountedQuarantined { get; init; }

    public required long Entries { get; init; }

    public required long InQuarantine { get; init; }

    /// <summary>The ledger may have forgotten some of its entries.</summary>
    public required bool MayBeForgotten { get; init; }

    /// <summary>What does not fit; each run's first cause first.</summary>
    public IEnumerable<RunFinding> Findings()
    {
        if (!IsRemembered)
        {
            return [Found(RunFault.RunMissing)];
        }

        if (Receipt is null)
        {
            return [Found(RunFault.RunUnknown)];
        }

        return new[]
        {
            IsAsReceipted ? null : Found(RunFault.RunChanged),
            Entries < Counted && !MayBeForgotten ? Found(RunFault.EntriesMissing, Counted, Entries) : null,
            Entries > Counted ? Found(RunFault.EntriesAdded, Counted, Entries) : null,
            InQuarantine != CountedQuarantined ? Found(RunFault.QuarantineDiffers, CountedQuarantined, InQuarantine) : null,
        }.OfType<RunFinding>();
    }

    private RunFinding Found(RunFault fault, long? counted = null, long? found = null) =>
        new() { Fault = fault, Run = Id, StartedAt = StartedAt, Receipt = Receipt, Counted = counted, Found = found };
}
