using LoginEtl.Faults;
using LoginEtl.History;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.History;

/// <summary>The columns of the runs beside a table, and reading them.</summary>
internal static class RunRow
{
    /// <summary>After so long without a word a run counts as lost: several times what it lets pass between two.</summary>
    public const string LostAfter = "interval '3 minutes'";

    private const string Failed = "state IN ('failed', 'lost')";

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

    /// <summary>An expression: a time that can be read, whatever somebody wrote there.</summary>
    public static string Readable(string column) => $"greatest('2000-01-01Z'::timestamptz, least('9999-01-01Z'::timestamptz, {column}))";

    /// <summary>As the column holds it.</summary>
    public static string Text(LoginRunState state) => state.ToString().ToLowerInvariant();

    /// <summary>Those that are wanted, the latest first.</summary>
    public static Task<List<LoginRun>> ListAsync(NpgsqlConnection connection, QualifiedName runs, RunFilter filter, CancellationToken cancellationToken) => connection.QueryAsync(
        $"""
        SELECT id, CASE WHEN state = 'running' AND seen_at < now() - {LostAfter} THEN 'lost' ELSE state END, source, host, program, started_by, {Readable("started_at")}, {Readable("seen_at")}, {Readable("ended_at")}, ended, error,
               {string.Join(", ", SchemaNames.CountedInBatches.Concat(SchemaNames.CountedAtEnd))}, ended_at IS NOT NULL
        FROM {runs.Quoted}
        {(filter.Failed ? $"WHERE {Failed} OR (state = 'running' AND seen_at < now() - {LostAfter})" : "")}
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
        EndedAt = row.GetBoolean(23) ? row.GetDateTime(8) : null,
        Ended = TextOf(row, 9),
        ErrorId = TextOf(row, 10),
        Batches = row.GetInt64(11),
        Written = row.GetInt64(12),
        Updated = row.GetInt64(13),
        Skipped = row.GetInt64(14),
        Quarantined = row.GetInt64(15),
        Suppressed = row.GetInt64(16),
        Received = CountOf(row, 17),
        Duplicate = CountOf(row, 18),
        Returned = CountOf(row, 19),
        Lapsed = CountOf(row, 20),
        Unknown = CountOf(row, 21),
        Undeleted = CountOf(row, 22),
    };

    private static string? TextOf(NpgsqlDataReader row, int place) => row.IsDBNull(place) ? null : Quotable.Plain(row.GetString(place));

    private static long? CountOf(NpgsqlDataReader row, int place) => row.IsDBNull(place) ? null : row.GetInt64(place);
}
