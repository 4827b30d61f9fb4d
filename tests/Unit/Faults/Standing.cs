using LoginEtl.Postgres.Catalog;
using LoginEtl.Settings;
using LoginEtl.Unit.Faults.Messages;
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

    /// <summary>Users who had a row and were erased.</summary>
    public IReadOnlySet<string> Erased { get; init; } = new HashSet<string>();

    /// <summary>Packed versions by user id.</summary>
    public IReadOnlyDictionary<string, int> Versions { get; init; } = new Dictionary<string, int>();

    /// <summary>Quarantine entries, by the identity of their message.</summary>
    public required IReadOnlyDictionary<string, int> Quarantined { get; init; }

    /// <summary>Codes of the reasons of quarantine entries, by the identity of their message.</summary>
    public IReadOnlyDictionary<string, string> Reasons { get; init; } = new Dictionary<string, string>();

    /// <summary>Ledger entries by outcome.</summary>
    public required IReadOnlyDictionary<LedgerOutcome, int> Ledger { get; init; }

    /// <summary>Places in the table by user id, where it counts them: a row written later has a higher one.</summary>
    public IReadOnlyDictionary<string, int> Places { get; init; } = new Dictionary<string, int>();

    /// <summary>Message ids in the queue, visible.</summary>
    public required IReadOnlySet<string> Queued { get; init; }

    /// <summary>What the runs say of themselves: how many there were, the entries that they settled as rows, and as quarantined.</summary>
    public (int Count, int Rows, int Quarantined) Runs { get; init; }

    /// <summary>Rows that were written: those that are there, and those erased.</summary>
    public int RowCount => Rows.Values.Sum() + Erased.Count;

    public int SuppressedCount => Suppressed.Values.Sum();

    public int QuarantineCount => Quarantined.Values.Sum();

    /// <summary>Reads a database.</summary>
    /// <param name="connectionString">Where it is.</param>
    /// <param name="sent">What makes up the identity of an entry's message, which has only the queue's id.</param>
    /// <param name="moved">Messages that have another id by now, by that one, and the one they were sent with.</param>
    /// <param name="queued">What is in the queue.</param>
    /// <param name="hasPlaces">Whether the table counts places in a column <c>place</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<Standing> ReadAsync(
        string connectionString, IEnumerable<SentMessage> sent, IReadOnlyDictionary<string, string> moved, IReadOnlySet<string> queued, bool hasPlaces, CancellationToken cancellationToken)
    {
        // Unpooled, and able to read from a server that was made read-only.
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        // One snapshot: a COMMIT of a run that was killed may arrive while this reads.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var ledger = await CountAsync("outcome::text", SchemaNames.Ledger);
        var identities = sent.ToDictionary(m => m.MessageId, m => m.Identity);
        var entries = (await ReadAsync("message_id", "string_agg(reason, ' ')", SchemaNames.Quarantine, r => r.GetString(1).Split(' ')))
            .GroupBy(e => moved.GetValueOrDefault(e.Key, e.Key) is var id ? identities.GetValueOrDefault(id, id) : e.Key, e => e.Value).ToDictionary(e => e.Key, e => e.SelectMany(r => r).ToList());
        var runs = await ReadAsync(
            "'all'", "count(*)::int, coalesce(sum(written + updated + skipped + suppressed), 0)::int, coalesce(sum(quarantined), 0)::int", SchemaNames.Runs,
            r => (r.GetInt32(1), r.GetInt32(2), r.GetInt32(3)));
        return new Standing
        {
            Runs = runs.GetValueOrDefault("all"),
            Rows = await CountAsync("user_id", DatabaseSettings.DefaultTable),
            Versions = await ReadAsync("user_id", "coalesce(min(app_version), 0)", DatabaseSettings.DefaultTable, Number),
            Suppressed = await CountAsync("user_id", SuppressedTable),
            Places = hasPlaces ? await ReadAsync("user_id", "min(place)", DatabaseSettings.DefaultTable, Number) : new Dictionary<string, int>(),
            Quarantined = entries.ToDictionary(e => e.Key, e => e.Value.Count),
            Reasons = entries.ToDictionary(e => e.Key, e => string.Join(' ', e.Value.Distinct())),
            Ledger = ledger.ToDictionary(entry => Enum.Parse<LedgerOutcome>(entry.Key), entry => entry.Value),
            Queued = queued,
        };

        Task<Dictionary<string, int>> CountAsync(string key, string table) => ReadAsync(key, "count(*)::int", table, Number);

        static int Number(NpgsqlDataReader reader) => reader.GetInt32(1);

        async Task<Dictionary<string, T>> ReadAsync<T>(string key, string value, string table, Func<NpgsqlDataReader, T> read)
        {
            await using var command = new NpgsqlCommand($"SELECT coalesce({key}, ''), {value} FROM {table} GROUP BY 1", connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var values = new Dictionary<string, T>();
            while (await reader.ReadAsync(cancellationToken))
            {
                values.Add(reader.GetString(0), read(reader));
            }

            return values;
        }
    }
}
