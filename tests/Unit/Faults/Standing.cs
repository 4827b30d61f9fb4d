using LoginEtl.Connections;
using LoginEtl.Postgres.Schema;
using Npgsql;

namespace LoginEtl.Unit.Faults;

/// <summary>What database and queue hold, read beside everything that is under test.</summary>
internal sealed record Standing
{
    /// <summary>Rows by user id.</summary>
    public required IReadOnlyDictionary<string, int> Rows { get; init; }

    /// <summary>Quarantine entries by message id.</summary>
    public required IReadOnlyDictionary<string, int> Quarantined { get; init; }

    /// <summary>Ledger entries by outcome.</summary>
    public required IReadOnlyDictionary<LedgerOutcome, int> Ledger { get; init; }

    /// <summary>Message ids in the queue, visible.</summary>
    public required IReadOnlySet<string> Queued { get; init; }

    public int RowCount => Rows.Values.Sum();

    public int QuarantineCount => Quarantined.Values.Sum();

    public static async Task<Standing> ReadAsync(string connectionString, IReadOnlySet<string> queued, CancellationToken cancellationToken)
    {
        // Unpooled, and able to read from a server that was made read-only.
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        var ledger = await CountAsync("outcome::text", SchemaNames.Ledger);
        return new Standing
        {
            Rows = await CountAsync("user_id", DatabaseSettings.DefaultTable),
            Quarantined = await CountAsync("message_id", SchemaNames.Quarantine),
            Ledger = ledger.ToDictionary(entry => Enum.Parse<LedgerOutcome>(entry.Key), entry => entry.Value),
            Queued = queued,
        };

        async Task<Dictionary<string, int>> CountAsync(string key, string table)
        {
            await using var command = new NpgsqlCommand($"SELECT coalesce({key}, ''), count(*)::int FROM {table} GROUP BY 1", connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var counts = new Dictionary<string, int>();
            while (await reader.ReadAsync(cancellationToken))
            {
                counts.Add(reader.GetString(0), reader.GetInt32(1));
            }

            return counts;
        }
    }
}
