using Npgsql;

namespace LoginEtl.Postgres.Connections;

/// <summary>Short statements.</summary>
internal static class Queries
{
    /// <summary>A search path without anybody's schema but the system's: what is said by names there, others cannot take over.</summary>
    public const string SystemPath = "pg_catalog, pg_temp";

    /// <summary>An expression: a point in time as .NET can hold it, whatever was written there: before Christ, or never.</summary>
    /// <param name="column">Of the type timestamptz.</param>
    public static string Readable(string column) =>
        $"CASE WHEN {column} IS NOT NULL THEN greatest('0001-01-02Z'::timestamptz, least('9999-12-30Z'::timestamptz, {column})) END";

    /// <summary>Limit in seconds of a command that reads or rewrites a whole table, which takes as long as the table is large.</summary>
    public static readonly int WholeTableSeconds = (int)TimeSpan.FromHours(6).TotalSeconds;

    /// <summary>Runs a statement that answers nothing.</summary>
    public static Task RunAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken) =>
        RunAsync(connection, sql, seconds: null, cancellationToken);

    /// <summary>Runs a statement that answers nothing.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="seconds">Its limit; null for the connection's.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(this NpgsqlConnection connection, string sql, int? seconds, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.CommandTimeout = seconds ?? command.CommandTimeout;
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a statement with positional parameters that answers nothing.</summary>
    public static Task RunAsync(this NpgsqlConnection connection, string sql, object[] parameters, CancellationToken cancellationToken) =>
        connection.QueryAsync(sql, parameters, _ => 0, cancellationToken);

    /// <summary>Runs a query with positional parameters, values or parameters of a type, and reads every row.</summary>
    public static Task<List<T>> QueryAsync<T>(
        this NpgsqlConnection connection, string sql, object[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        QueryAsync(connection, sql, parameters, read, seconds: null, cancellationToken);

    /// <summary>The same of a query that reads a whole table.</summary>
    public static Task<List<T>> QueryWholeAsync<T>(
        this NpgsqlConnection connection, string sql, object[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        QueryAsync(connection, sql, parameters, read, WholeTableSeconds, cancellationToken);

    private static async Task<List<T>> QueryAsync<T>(
        NpgsqlConnection connection, string sql, object[] parameters, Func<NpgsqlDataReader, T> read, int? seconds, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.CommandTimeout = seconds ?? command.CommandTimeout;
        await using var _ = command.ConfigureAwait(false);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(Parameter(parameter));
        }

        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        return await ReadAsync(reader, read, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same under <see cref="SystemPath"/>, in the same one round trip: names of others are answered with their schemas.</summary>
    public static async Task<List<T>> QueryBySystemPathAsync<T>(
        this NpgsqlConnection connection, string sql, object[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        // All of a batch is one transaction, where it is not in one that goes on under the path that was there.
        const string Kept = "login_etl.path";
        var query = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            query.Parameters.Add(Parameter(parameter));
        }

        var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"SELECT pg_catalog.set_config('{Kept}', pg_catalog.current_setting('search_path'), true)"),
                new NpgsqlBatchCommand($"SELECT pg_catalog.set_config('search_path', '{SystemPath}', true)"),
                query,
                new NpgsqlBatchCommand($"SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('{Kept}'), true)"),
            },
        };
        await using var _ = batch.ConfigureAwait(false);
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var rows = await ReadAsync(reader, read, cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return rows;
    }

    /// <summary>
    /// The same without the server's compiler, in the same one round trip: for a long query over few rows it takes seconds.
    /// In a transaction the rest of that goes without it, too.
    /// </summary>
    public static async Task<List<T>> QueryWithoutJitAsync<T>(
        this NpgsqlConnection connection, string sql, object[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var query = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            query.Parameters.Add(Parameter(parameter));
        }

        var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand("SELECT pg_catalog.set_config('jit', 'off', true)"), query } };
        await using var _ = batch.ConfigureAwait(false);
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return await ReadAsync(reader, read, cancellationToken).ConfigureAwait(false);
    }

    private static NpgsqlParameter Parameter(object value) => value as NpgsqlParameter ?? new NpgsqlParameter { Value = value };

    private static async Task<List<T>> ReadAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
