using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Rotation;
using Npgsql;

namespace LoginEtl.Postgres.Rotation;

/// <summary>Counts values by their prefixes.</summary>
internal static class PrefixCounts
{
    /// <summary>Reads all of them.</summary>
    /// <param name="connection">To the database.</param>
    /// <param name="values">A query of attribute and token.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<PrefixCount>> CountAsync(NpgsqlConnection connection, string values, CancellationToken cancellationToken)
    {
        var counts = new List<PrefixCount>();
        var command = new NpgsqlCommand(
            // OFFSET hides the column's many values from the planner, which would sort all rows for as many prefixes.
            $"SELECT attribute, prefix, count(*) FROM (SELECT attribute, {TokenColumns.Prefix("token")} AS prefix FROM ({values}) v WHERE token IS NOT NULL OFFSET 0) a GROUP BY 1, 2 ORDER BY 1, 2",
            connection)
        { CommandTimeout = Queries.WholeTableSeconds };
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            counts.Add(new PrefixCount(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetInt64(2)));
        }

        return counts;
    }
}
