using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Rotation;
using Npgsql;

namespace LoginEtl.Postgres.Rotation;

/// <summary>Reads and replaces the tokens of quarantined records.</summary>
/// <remarks>
/// As text: a record may be there just because it holds what json's functions refuse. A token stands between quotes, and
/// no value holds one.
/// </remarks>
internal static class QuarantineTokens
{
    /// <summary>Records that carry one of the prefixes.</summary>
    public static Task<List<TokenRow>> ReadAsync(
        NpgsqlConnection connection, RowRange range, string[] oldIps, string[] oldDevices, CancellationToken cancellationToken) =>
        connection.QueryAsync(
            $"""
            SELECT id::text, ip, device FROM (
                SELECT id, {TokenColumns.OfRecord(LoginFields.MaskedIp)} AS ip, {TokenColumns.OfRecord(LoginFields.MaskedDeviceId)} AS device
                FROM {range.Relation} WHERE record IS NOT NULL AND id >= {range.First} AND id < {range.End}) q
            WHERE {TableTokens.IsOld("ip", 1)} OR {TableTokens.IsOld("device", 2)}
            """,
            [oldIps, oldDevices], TableTokens.Row, cancellationToken);

    /// <summary>Both at once.</summary>
    public static Task<ReplacedTokens> ReplaceAsync(
        NpgsqlConnection connection, RowRange range, IReadOnlyList<TokenChange> changes, CancellationToken cancellationToken) =>
        TableTokens.RunAsync(
            connection,
            $"""
            UPDATE {range.Relation} q SET record = {Replace(Replace("q.record::text", LoginFields.MaskedIp, "c.old_ip", "c.new_ip"), LoginFields.MaskedDeviceId, "c.old_device", "c.new_device")}::json
            FROM unnest($1::text[]::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) AS c(place, old_ip, old_device, new_ip, new_device)
            WHERE q.id = c.place AND {TokenColumns.OfRecord(LoginFields.MaskedIp)} IS NOT DISTINCT FROM c.old_ip AND {TokenColumns.OfRecord(LoginFields.MaskedDeviceId)} IS NOT DISTINCT FROM c.old_device
            """,
            changes, cancellationToken);

    // As the writer has it, and as jsonb prints it.
    private static string Replace(string record, string name, string before, string after) =>
        Put(Put(record, $"\"{name}\":\"", before, after), $"\"{name}\": \"", before, after);

    // A null token has nothing to replace: replace() of a null would make the whole record null.
    private static string Put(string record, string start, string before, string after) =>
        $"replace({record}, coalesce('{start}' || {before} || '\"', '-'), coalesce('{start}' || {after} || '\"', '-'))";
}
