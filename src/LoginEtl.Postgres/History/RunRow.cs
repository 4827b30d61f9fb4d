using LoginEtl.Faults;
using LoginEtl.History;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.History;

/// <summary>The columns of the runs beside a table, and reading them.</summary>
internal static class RunRow
{
    /// <summary>A condition: it has not ended, and said nothing for several times as long as it lets pass between two words.</summary>
    public const string IsSilent = "(state = 'running' AND seen_at < now() - interval '3 minutes')";

    /// <summary>The statements that make the relation.</summary>
    public static string Create(QualifiedName runs) =>
        $"""
        CREATE TABLE {runs.Quoted} (
            id uuid PRIMARY KEY,
            state text NOT NULL DEFAULT 'running' CHECK (state IN ({string.Join(", ", Enum.GetValues<LoginRunState>().Select(s => $"'{Text(s)}'"))})),
            source text,
            host text NOT NULL,
            program text NOT NULL,
            started_by text NOT NULL DEFAULT session_user,
            started_at timestamptz NOT NULL DEFAULT now(),
            seen_at timestamptz NOT NULL DEFAULT now(),
            ended_at timestamptz,
            ended text,
            error text,
            {string.Join(",\n    ", SchemaNames.CountedInBatches.Select(c => $"{c} bigint NOT NULL DEFAULT 0"))},
            {string.Join(",\n    ", SchemaNames.CountedAtEnd.Select(c => $"{c} bigint"))}
        );
        CREATE INDEX ON {runs.Quoted} (started_at);
        COMMENT ON TABLE {runs.Quoted} IS 'LoginEtl: one row for every run. What it wrote is counted in the batches'' own transactions; seen_at is when it was last heard of.'
        """;

    /// <summary>
    /// An expression: the run as a receipt has it, in JSON. Of the row's own columns and in one order, so that it is the same
    /// text as long as the row is the same; but for <c>seen_at</c>, which changes while nothing happens.
    /// </summary>
    /// <param name="row">What the row is called.</param>
    public static string Content(string row) =>
        $"""
        pg_catalog.json_build_object({string.Join(", ", SchemaNames.RunColumns.Where(c => c is not ("id" or "seen_at")).Select(c => $"'{c}'::text, {Stable($"{row}.{c}", c)}"))})::text
        """;

    // What it looks like depends on no setting of the session.
    private static string Stable(string column, string name) =>
        SchemaNames.TypeOf(name) == "timestamptz" ? $"pg_catalog.to_char({column} AT TIME ZONE 'UTC'::text, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'::text)" : column;

    /// <summary>As the column holds it.</summary>
    public static string Text(LoginRunState state) => state.ToString().ToLowerInvariant();

    /// <summary>Those that are wanted, the latest first.</summary>
    public static Task<List<LoginRun>> ListAsync(NpgsqlConnection connection, QualifiedName runs, RunFilter filter, CancellationToken cancellationToken) => connection.QueryAsync(
        $"""
        SELECT id, CASE WHEN {IsSilent} THEN 'lost' ELSE state END, source, host, program, started_by, {Queries.Readable("started_at")}, {Queries.Readable("seen_at")}, {Queries.Readable("ended_at")}, ended, error,
               {string.Join(", ", SchemaNames.CountedInBatches.Concat(SchemaNames.CountedAtEnd))}
        FROM {runs.Quoted}
        {(filter.Failed ? $"WHERE state IN ('failed', 'lost') OR {IsSilent}" : "")}
        ORDER BY started_at DESC, id DESC LIMIT $1
        """,
        [(long)filter.Last], Read, cancellationToken);

    private static LoginRun Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        State = Enum.Parse<LoginRunState>(row.GetString(1), ignoreCase: true),
        Source = TextOf(row, 2),
        Host = Quotable.Plain(row.GetString(3)),
        Version = Quotable.Plain(row.GetString(4)),
        StartedBy = Quotable.Plain(row.GetString(5)),
        StartedAt = row.GetDateTime(6),
        SeenAt = row.GetDateTime(7),
        EndedAt = row.IsDBNull(8) ? null : row.GetDateTime(8),
        Ended = TextOf(row, 9),
        ErrorId = TextOf(row, 10),
        Batches = CountOf(row, "batches")!.Value,
        Written = CountOf(row, "written")!.Value,
        Updated = CountOf(row, "updated")!.Value,
        Skipped = CountOf(row, "skipped")!.Value,
        Quarantined = CountOf(row, "quarantined")!.Value,
        Suppressed = CountOf(row, "suppressed")!.Value,
        Received = CountOf(row, "received"),
        Duplicate = CountOf(row, "duplicate"),
        Returned = CountOf(row, "returned"),
        Lapsed = CountOf(row, "lapsed"),
        Unknown = CountOf(row, "unknown"),
        Undeleted = CountOf(row, "undeleted"),
    };

    private static string? TextOf(NpgsqlDataReader row, int place) => row.IsDBNull(place) ? null : Quotable.Plain(row.GetString(place));

    private static long? CountOf(NpgsqlDataReader row, string column) => row.GetOrdinal(column) is var place && row.IsDBNull(place) ? null : row.GetInt64(place);
}
