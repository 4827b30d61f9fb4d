using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace LoginEtl.Postgres.History;

/// <summary>
/// The receipts beside a table: an entry where a run begins, one where it ends or is found lost. Each has the SHA-256 of the one
/// before it, so whoever has kept a later one knows when an earlier one was changed.
/// </summary>
internal sealed class ReceiptChain(QualifiedName table)
{
    // Any number, the same in every process: "LogR" in ASCII, above the relation's oid.
    private const long Space = 0x4C6F6752L << 32;

    private readonly QualifiedName _receipts = table.Beside(SchemaNames.Receipts);

    /// <summary>The statements that make the relation.</summary>
    public static string Create(QualifiedName receipts) =>
        $"""
        CREATE TABLE {receipts.Quoted} (
            number bigint PRIMARY KEY CHECK (number > 0),
            run uuid NOT NULL,
            content text NOT NULL,
            oldest bigint,
            link bytea NOT NULL CHECK (octet_length(link) = 32),
            recorded_by text NOT NULL DEFAULT session_user,
            recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        CREATE INDEX ON {receipts.Quoted} (run, number);
        COMMENT ON TABLE {receipts.Quoted} IS 'LoginEtl: what each run had counted when it began and when it ended; link is the SHA-256 of the link before and of this entry. Grant INSERT and SELECT only.'
        """;

    /// <summary>An expression: what the link of an entry is to be.</summary>
    /// <param name="before">The link of the entry before; null for the first.</param>
    /// <param name="number">And the rest of the entry.</param>
    /// <param name="run">Its run.</param>
    /// <param name="content">Its text.</param>
    /// <param name="oldest">Of its messages.</param>
    public static string Link(string before, string number, string run, string content, string oldest) =>
        $"pg_catalog.sha256(coalesce({before}, ''::bytea) || pg_catalog.convert_to(pg_catalog.concat_ws(' '::text, {number}, {run}, {content}, {oldest}), 'UTF8'::name))";

    /// <summary>The statement that takes the lock which an entry's INSERT would.</summary>
    public string ToAdd => WriteLock.ToInsert(_receipts, SchemaNames.ReceiptContent);

    /// <summary>Adds what the run's row says now. One at a time, until the transaction ends.</summary>
    /// <param name="connection">In a transaction, behind the relation's lock; nothing is locked after it.</param>
    /// <param name="run">Whose row is there.</param>
    /// <param name="oldest">When the oldest of the messages that it settled was sent; null where that is not known.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The entry's number and link; null where there is no row.</returns>
    public async Task<string?> AddAsync(NpgsqlConnection connection, Guid run, DateTimeOffset? oldest, CancellationToken cancellationToken)
    {
        // A statement of its own: the next one sees what was committed before the lock was had.
        await connection.RunAsync($"SELECT pg_advisory_xact_lock({Space} + {_receipts.Literal}::regclass::oid::bigint)", cancellationToken).ConfigureAwait(false);
        var added = await connection.QueryAsync(
            $"""
            INSERT INTO {_receipts.Quoted} ({string.Join(", ", SchemaNames.ReceiptContent)})
            SELECT e.number, e.run, e.content, $2, {Link("e.before", "e.number", "e.run", "e.content", "$2")}
            FROM (
                SELECT coalesce(l.number, 0::bigint) + 1::bigint AS number, r.id AS run, {RunRow.Content("r")} AS content, l.link AS before
                FROM {table.Beside(SchemaNames.Runs).Quoted} r LEFT JOIN (SELECT number, link FROM {_receipts.Quoted} ORDER BY number DESC LIMIT 1) l ON true
                WHERE r.id = $1) e
            RETURNING pg_catalog.concat(number, ':', pg_catalog.encode(link, 'hex'))
            """,
            [run, new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = oldest is { } time ? time.ToUnixTimeMilliseconds() : DBNull.Value }],
            r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        return added is [var link] ? link : null;
    }
}
