using Npgsql;

namespace LoginEtl.Bench.Writes;

/// <summary>
/// What batches have put into ledger and table, as the bytes of binary COPY. Nothing is looked at, masked, encoded or checked.
/// </summary>
internal sealed class ReadyCopy
{
    /// <summary>What they are copied into.</summary>
    public const string Ledger = "login_etl_ledger (key, outcome, batch, schema_version)";
    /// <inheritdoc cref="Ledger"/>
    public const string Table = "user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)";
    private readonly List<(byte[] Ledger, byte[] Table)> _batches = [];

    /// <summary>Of each batch.</summary>
    public IReadOnlyList<(byte[] Ledger, byte[] Table)> Batches => _batches;

    /// <param name="connection">Of a database that holds all batches, each of so many rows, in their order.</param>
    /// <param name="count">Of batches.</param>
    /// <param name="size">Of each.</param>
    public static async Task<ReadyCopy> OfAsync(string connection, int count, int size)
    {
        var ready = new ReadyCopy();
        await using var session = new NpgsqlConnection(connection);
        await session.OpenAsync();
        for (var i = 0; i < count; i++)
        {
            ready._batches.Add((await BytesAsync(session, Ledger, i, size), await BytesAsync(session, Table, i, size)));
        }

        return ready;
    }

    /// <summary>Writes all batches, a transaction each.</summary>
    public async Task WriteAsync(string connection)
    {
        await using var session = new NpgsqlConnection(connection);
        await session.OpenAsync();
        foreach (var (ledger, table) in _batches)
        {
            await using var transaction = await session.BeginTransactionAsync();
            await SendAsync(session, Ledger, ledger);
            await SendAsync(session, Table, table);
            await transaction.CommitAsync();
        }
    }

    private static async Task<byte[]> BytesAsync(NpgsqlConnection session, string relation, int batch, int size)
    {
        var (name, columns) = (relation.Split(' ')[0], relation[(relation.IndexOf('(', StringComparison.Ordinal) + 1)..^1]);
        await using var from = await session.BeginRawBinaryCopyAsync(
            $"COPY (SELECT {columns} FROM {name} ORDER BY ctid OFFSET {batch * size} LIMIT {size}) TO STDOUT (FORMAT binary)");
        using var bytes = new MemoryStream();
        await from.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static async Task SendAsync(NpgsqlConnection session, string relation, byte[] bytes)
    {
        await using var to = await session.BeginRawBinaryCopyAsync($"COPY {relation} FROM STDIN (FORMAT binary)");
        await to.WriteAsync(bytes);
    }
}
