using LoginEtl.Rotation;
using Npgsql;

namespace LoginEtl.Postgres.Rotation;

/// <summary>Counts values by their prefixes.</summary>
internal static class PrefixCounts
{
    // A look at everything takes as long as the table is large.
    private static readonly int ScanSeconds = (int)TimeSpan.FromHours(6).TotalSeconds;

    /// <summary>Of attribute, prefix and count.</summary>
    public static PrefixCount Read(NpgsqlDataReader row) => new(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetInt64(2));

    /// <summary>Reads all of them.</summary>
    /// <param name="connection">To the database.</param>
    /// <param name="values">A query of attribute and token.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<PrefixCount>> CountAsync(NpgsqlConnection connection, string values, CancellationToken cancellationToken)
    {
        var counts = new List<PrefixCount>();
        var command = new NpgsqlCommand(
            $"SELECT attribute, {TokenColumns.Prefix("token")}, count(*) FROM ({values}) a WHERE token IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
            connection)
        { CommandTimeout = ScanSeconds };
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            counts.Add(Read(reader));
        }

        return counts;
    }
}
