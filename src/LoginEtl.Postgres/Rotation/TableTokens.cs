using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Rotation;
using LoginEtl.Tokens;
using Npgsql;
using NpgsqlTypes;

namespace LoginEtl.Postgres.Rotation;

/// <summary>Reads and replaces the tokens of a stretch of blocks.</summary>
/// <remarks>PostgreSQL reads of a range of ctid nothing but the range.</remarks>
internal static class TableTokens
{
    private const string Changes = "pg_temp.login_etl_change";

    /// <summary>A condition over a token, a text, and a parameter with prefixes.</summary>
    public static string IsOld(string token, int parameter) => $"{TokenColumns.Prefix(token)} = ANY (${parameter})";

    /// <summary>Rows that carry one of the prefixes, and where they are asked for those with values that are no tokens.</summary>
    public static Task<List<TokenRow>> ReadAsync(
        NpgsqlConnection connection, TokenColumns columns, RowRange range, string[] oldIps, string[] oldDevices, bool others, CancellationToken cancellationToken) =>
        connection.QueryAsync(
            $"""
            SELECT ctid::text, {columns.Ip}::text, {columns.DeviceId}::text FROM ONLY {range.Relation}
            WHERE ctid >= '({range.First},0)'::tid AND ctid < '({range.End},0)'::tid AND ({Wanted(columns.Ip, 1, others)} OR {Wanted(columns.DeviceId, 2, others)})
            """,
            [oldIps, oldDevices], Row, cancellationToken);

    /// <summary>
    /// Both columns at once. A place may belong to another row by now, if somebody changed the table: so the old tokens
    /// are compared.
    /// </summary>
    public static async Task<ReplacedTokens> ReplaceAsync(
        NpgsqlConnection connection, TokenColumns columns, RowRange range, IReadOnlyList<TokenChange> changes, CancellationToken cancellationToken)
    {
        var arePlain = changes.Any(c => IsPlain(c.Row.MaskedIp) || IsPlain(c.Row.MaskedDeviceId));
        if (arePlain)
        {
            await CopyAsync(connection, changes, cancellationToken).ConfigureAwait(false);
        }

        return await RunAsync(
            connection,
            $"""
            UPDATE ONLY {range.Relation} t SET {columns.Ip} = c.new_ip, {columns.DeviceId} = c.new_device
            FROM {(arePlain ? $"(SELECT place::tid, old_ip, old_device, new_ip, new_device FROM {Changes})" : "unnest($1::text[]::tid[], $2::text[], $3::text[], $4::text[], $5::text[])")} AS c(place, old_ip, old_device, new_ip, new_device)
            WHERE t.ctid = c.place AND t.{columns.Ip}::text IS NOT DISTINCT FROM c.old_ip AND t.{columns.DeviceId}::text IS NOT DISTINCT FROM c.old_device
                AND t.ctid >= '({range.First},0)'::tid AND t.ctid < '({range.End},0)'::tid
            """,
            arePlain ? [] : changes, cancellationToken).ConfigureAwait(false);
    }

    // A server that logs statements logs their parameters, and no row of a COPY.
    private static async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<TokenChange> changes, CancellationToken cancellationToken)
    {
        await connection.RunAsync($"CREATE TEMPORARY TABLE {Changes} (place text, old_ip text, old_device text, new_ip text, new_device text) ON COMMIT DROP", cancellationToken).ConfigureAwait(false);
        var copy = await connection.BeginBinaryImportAsync($"COPY {Changes} FROM STDIN (FORMAT BINARY)", cancellationToken).ConfigureAwait(false);
        await using var _ = copy.ConfigureAwait(false);
        foreach (var change in changes)
        {
            await copy.StartRowAsync(cancellationToken).ConfigureAwait(false);
            foreach (var value in new[] { change.Row.Place, change.Row.MaskedIp, change.Row.MaskedDeviceId, change.MaskedIp, change.MaskedDeviceId })
            {
                await (value is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(value, NpgsqlDbType.Text, cancellationToken)).ConfigureAwait(false);
            }
        }

        await copy.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private static bool IsPlain(string? value) => value is not null && TokenPrefix.Of(value) is null;

    private static string Wanted(string column, int parameter, bool others) =>
        IsOld($"{column}::text", parameter) + (others ? $" OR ({column} IS NOT NULL AND {TokenColumns.Prefix($"{column}::text")} IS NULL)" : "");

    /// <summary>A row of place and tokens.</summary>
    public static TokenRow Row(NpgsqlDataReader row) =>
        new(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2));

    /// <summary>Runs an UPDATE over places, old and new tokens, which it calls as <see cref="ReplaceAsync"/> does; over none where it has them already.</summary>
    public static async Task<ReplacedTokens> RunAsync(
        NpgsqlConnection connection, string update, IReadOnlyList<TokenChange> changes, CancellationToken cancellationToken)
    {
        var replaced = await connection.QueryAsync(
            $"""
            WITH changed AS ({update} RETURNING c.old_ip IS DISTINCT FROM c.new_ip AS ip, c.old_device IS DISTINCT FROM c.new_device AS device)
            SELECT count(*), count(*) FILTER (WHERE ip) + count(*) FILTER (WHERE device) FROM changed
            """,
            changes.Count == 0 ? [] : [Of(c => c.Row.Place), Of(c => c.Row.MaskedIp), Of(c => c.Row.MaskedDeviceId), Of(c => c.MaskedIp), Of(c => c.MaskedDeviceId)],
            r => new ReplacedTokens(r.GetInt64(0), r.GetInt64(1)), cancellationToken).ConfigureAwait(false);
        return replaced[0];

        string?[] Of(Func<TokenChange, string?> value) => [.. changes.Select(value)];
    }
}
