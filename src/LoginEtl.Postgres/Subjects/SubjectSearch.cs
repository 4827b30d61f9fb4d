using LoginEtl.Postgres.Connections;
using LoginEtl.Records;
using Npgsql;

namespace LoginEtl.Postgres.Subjects;

/// <summary>Looks that reading and removing share.</summary>
internal static class SubjectSearch
{
    /// <summary>How many sealed bodies nobody has looked into.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="queries">Of the person.</param>
    /// <param name="searched">Entries whose body was looked into.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<long> CountSealedAsync(NpgsqlConnection connection, SubjectQueries queries, long[] searched, CancellationToken cancellationToken) =>
        (await connection.QueryWholeAsync(
            $"SELECT count(*) FROM (SELECT id FROM {queries.Quarantine.Quoted} WHERE sealed_body IS NOT NULL EXCEPT SELECT pg_catalog.unnest($1)) s",
            [searched], r => r.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];

    /// <summary>The tokens that stand in rows and entries of theirs, of rows that the vault may have an original of.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="queries">Of the person.</param>
    /// <param name="opened">Entries that are theirs by what was found in their bodies.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<HashSet<(string Attribute, string Token)>> TokensAsync(
        NpgsqlConnection connection, SubjectQueries queries, long[] opened, CancellationToken cancellationToken)
    {
        var found = new HashSet<(string, string)>();
        var rows = await connection.QueryWholeAsync(
            $"SELECT DISTINCT ip, device_id FROM (SELECT {queries.TokensOfRow} FROM {queries.Table.Quoted} WHERE {queries.IsRow}) t(ip, device_id) WHERE {SubjectQueries.MayHaveOriginal}", [queries.Stored], Read, cancellationToken).ConfigureAwait(false);
        var records = await connection.QueryWholeAsync(
            $"SELECT DISTINCT {SubjectQueries.TokensOfRecord} FROM {queries.Quarantine.Quoted} WHERE record IS NOT NULL AND ({queries.IsRecord} OR id = ANY ($1))",
            [opened, queries.InRecords], Read, cancellationToken).ConfigureAwait(false);
        foreach (var (ip, deviceId) in rows.Concat(records))
        {
            Add(found, ip, deviceId);
        }

        return found;
    }

    /// <summary>Those of the tokens that other rows and entries carry.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="queries">Of the person.</param>
    /// <param name="tokens">Of the person, and of rows and entries of theirs.</param>
    /// <param name="withTheirs">Those of the person that are there count as well: what came after theirs were removed.</param>
    /// <param name="opened">Entries that are theirs by what was found in their bodies.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<HashSet<(string Attribute, string Token)>> NeededAsync(
        NpgsqlConnection connection, SubjectQueries queries, HashSet<(string Attribute, string Token)> tokens, bool withTheirs, long[] opened, CancellationToken cancellationToken)
    {
        var needed = new HashSet<(string, string)>();
        string[] ips = Of(LoginFields.Ip), devices = Of(LoginFields.DeviceId);
        var rows = await connection.QueryWholeAsync(
            $"SELECT DISTINCT ip, device_id FROM (SELECT {queries.TokensOfRow}, {queries.IsRow} FROM {queries.Table.Quoted}) t(ip, device_id, theirs) WHERE (ip = ANY ($2) OR device_id = ANY ($3)) AND ($4 OR theirs IS NOT TRUE)",
            [queries.Stored, ips, devices, withTheirs], Read, cancellationToken).ConfigureAwait(false);
        var records = await connection.QueryWholeAsync(
            $"SELECT DISTINCT ip, device_id FROM (SELECT {SubjectQueries.TokensOfRecord}, {queries.IsRecord} OR id = ANY ($1) FROM {queries.Quarantine.Quoted} WHERE record IS NOT NULL) t(ip, device_id, theirs) WHERE (ip = ANY ($3) OR device_id = ANY ($4)) AND ($5 OR theirs IS NOT TRUE)",
            [opened, queries.InRecords, ips, devices, withTheirs], Read, cancellationToken).ConfigureAwait(false);
        foreach (var (ip, deviceId) in rows.Concat(records))
        {
            Add(needed, ip, deviceId);
        }

        return needed;

        string[] Of(string attribute) => [.. tokens.Where(t => t.Attribute == attribute).Select(t => t.Token)];
    }

    /// <summary>Adds the tokens of one row.</summary>
    public static void Add(HashSet<(string Attribute, string Token)> tokens, string? ip, string? deviceId)
    {
        if (ip is not null)
        {
            tokens.Add((LoginFields.Ip, ip));
        }

        if (deviceId is not null)
        {
            tokens.Add((LoginFields.DeviceId, deviceId));
        }
    }

    /// <summary>The masked values of a row, from its first two columns.</summary>
    public static (string? Ip, string? DeviceId) Read(NpgsqlDataReader row) => (row.IsDBNull(0) ? null : row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1));
}
