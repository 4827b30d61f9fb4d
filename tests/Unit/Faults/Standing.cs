using LoginEtl.Connections;
using LoginEtl.Postgres.Schema;
using Npgsql;

namespace LoginEtl.Unit.Faults;

/// <summary>What database and queue hold, read beside everything that is under test.</summary>
internal sealed record Standing
{
    /// <summary>Rows by user id.</summary>
    public required IReadOnlyDictionary<string, int> Rows { get; init; }

    /// <summary>Where a scenario's trigger puts the users of rows that it keeps out of the table.</summary>
    public const string SuppressedTable = "suppressed";

    /// <summary>Rows kept out of the table, by user id.</summary>
    public IReadOnlyDictionary<string, int> Suppressed { get; init; } = new Dictionary<string, int>();

    /// <summary>Packed versions by user id.</summary>
    public IReadOnlyDictionary<string, int> Versions { get; init; } = new Dictionary<string, int>();

    /// <summary>Quarantine entries by message id.</summary>
    public required IReadOnlyDictionary<string, int> Quarantined { get; init; }

    /// <summary>Ledger entries by outcome.</summary>
    public required IReadOnlyDictionary<LedgerOutcome, int> Ledger { get; init; }

    /// <summary>Places in the table by user id, where it counts them: a row written later has a higher one.</summary>
    public IReadOnlyDictionary<string, int> Places { get; init; } = new Dictionary<string, int>();

    /// <summary>Message ids in the queue, visible.</summary>
    public required IReadOnlySet<string> Queued { get; init; }

    public int RowCount => Rows.Values.Sum();

    public int SuppressedCount => Suppressed.Values.Sum();

    public int QuarantineCount => Quarantined.Values.Sum();

    /// <summary>Reads a database whose table counts places in a column <c>place</c>, or does not.</summary>
    public static async Task<Standing> ReadAsync(
        string connectionString, IReadOnlySet<string> queued, bool hasPlaces, CancellationToken cancellationToken)
    {
        // Unpooled, and able to read from a server that was made read-only.
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        // One snapshot: a COMMIT of a run that was killed may arrive while this reads.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var ledger = await ReadAsync("outcome::text", "count(*)", SchemaNames.Ledger);
        return new Standing
        {
            Rows = await ReadAsync("user_id", "count(*)", DatabaseSettings.DefaultTable),
            Versions = await ReadAsync("user_id", "min(app_version)", DatabaseSettings.DefaultTable),
            Suppressed = await ReadAsync("user_id", "count(*)", SuppressedTable),
            Places = hasPlaces ? await ReadAsync("user_id", "min(place)", DatabaseSettings.DefaultTable) : new Dictionary<string, int>(),
            Quarantined = await ReadAsync("message_id", "count(*)", SchemaNames.Quarantine),
            Ledger = ledger.ToDictionary(entry => Enum.Parse<LedgerOutcome>(entry.Key), entry => entry.Value),
            Queued = queued,
        };

        async Task<Dictionary<string, int>> ReadAsync(string key, string value, string table)
        {
            await using var command = new NpgsqlCommand($"SELECT coalesce({key}, ''), ({value})::int FROM {table} GROUP BY 1", connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var values = new Dictionary<string, int>();
            while (await reader.ReadAsync(cancellationToken))
            {
                values.Add(reader.GetString(0), reader.GetInt32(1));
            }

            return values;
        }
    }
}
