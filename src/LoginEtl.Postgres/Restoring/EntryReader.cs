using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Quarantine;
using Npgsql;
using NpgsqlTypes;

namespace LoginEtl.Postgres.Restoring;

/// <summary>Reads entries of the quarantine, page by page.</summary>
internal sealed class EntryReader(QualifiedName quarantine)
{
    /// <summary>Entries a page: sealed bodies have up to 1 MiB.</summary>
    public const int PageSize = 32;

    private readonly string _page =
        $"""
        SELECT id, message_id, source, reason, field, sqlstate, constraint_name, receive_count, {Queries.Readable("sent_at")}, {Queries.Readable("created_at")}, {Queries.Readable(SchemaNames.RestoredAt)},
               sealed_body, record::text, {SchemaNames.Queue}, {Queries.Readable(SchemaNames.DismissedAt)}, {SchemaNames.DismissedBy}, {SchemaNames.DismissalReason}
        FROM {quarantine.Quoted}
        WHERE id > $1 AND ($2 IS NULL OR reason = $2) AND ($3 IS NULL OR created_at >= $3) AND ($4 OR ({SchemaNames.RestoredAt} IS NULL AND {SchemaNames.DismissedAt} IS NULL))
          AND ($6 IS NULL OR {SchemaNames.Queue} = $6)
        ORDER BY id LIMIT $5
        """;

    /// <summary>The next entries; empty at the end.</summary>
    public Task<List<QuarantineEntry>> ReadAsync(
        Database database, QuarantineFilter filter, long after, long most, CancellationToken cancellationToken)
    {
        object[] parameters =
        [
            after, Nullable(filter.Reason, NpgsqlDbType.Text), Nullable(filter.Since?.UtcDateTime, NpgsqlDbType.TimestampTz), filter.IncludeSettled, most,
            Nullable(filter.Queue, NpgsqlDbType.Text),
        ];
        return database.UseAsync(connection => connection.QueryAsync(_page, parameters, Read, cancellationToken), cancellationToken);
    }

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static QuarantineEntry Read(NpgsqlDataReader row) => new(row.IsDBNull(11) ? null : row.GetFieldValue<byte[]>(11), Text(row, 12))
    {
        Id = row.GetInt64(0),
        MessageId = row.GetString(1),
        Source = Text(row, 2),
        Reason = row.GetString(3),
        Field = Text(row, 4),
        SqlState = Text(row, 5),
        Constraint = Text(row, 6),
        ReceiveCount = row.GetInt32(7),
        SentTimestamp = Time(row, 8),
        CreatedAt = Time(row, 9)!.Value,
        RestoredAt = Time(row, 10),
        Queue = Text(row, 13),
        DismissedAt = Time(row, 14),
        DismissedBy = Text(row, 15),
        DismissalReason = Text(row, 16),
    };

    private static string? Text(NpgsqlDataReader row, int place) => row.IsDBNull(place) ? null : row.GetString(place);

    private static DateTimeOffset? Time(NpgsqlDataReader row, int place) =>
        row.IsDBNull(place) ? null : new DateTimeOffset(row.GetDateTime(place), TimeSpan.Zero);
}
