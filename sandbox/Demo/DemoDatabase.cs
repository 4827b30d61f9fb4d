using Npgsql;

namespace LoginEtl.Sandbox.Demo;

/// <summary>What a run left in the database: the one place that knows its tables and columns.</summary>
internal sealed class DemoDatabase(string connectionString)
{
    private const string Rows = "user_logins";
    private const string Quarantine = "login_etl_quarantine";

    // Of a token, the prefix that names its key and enough to tell tokens apart; all of a message id.
    private const int TokenWidth = 20;
    private const int MessageIdWidth = 36;

    public Task<long> CountRowsAsync(CancellationToken cancellationToken) =>
        CountAsync($"SELECT count(*) FROM {Rows}", cancellationToken);

    public Task<long> CountQuarantinedAsync(CancellationToken cancellationToken) =>
        CountAsync($"SELECT count(*) FROM {Quarantine}", cancellationToken);

    public Task<long> CountSharedAsync(string tokenColumn, CancellationToken cancellationToken) => CountAsync(
        $"SELECT count(*) FROM (SELECT FROM {Rows} GROUP BY {tokenColumn} HAVING count(*) > 1) AS shared", cancellationToken);

    public Task<TextTable> FirstRowsAsync(int limit, CancellationToken cancellationToken) => ReadAsync(
        "SELECT user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date " +
        $"FROM {Rows} LIMIT {limit}", TokenWidth, cancellationToken);

    /// <summary>Tokens with more than one login: the same plaintext, found without it.</summary>
    public Task<TextTable> SharedAsync(string tokenColumn, int limit, CancellationToken cancellationToken) => ReadAsync(
        $"SELECT {tokenColumn}, count(*) AS logins, count(DISTINCT user_id) AS users FROM {Rows} " +
        $"GROUP BY {tokenColumn} HAVING count(*) > 1 ORDER BY logins DESC, {tokenColumn} LIMIT {limit}",
        TokenWidth, cancellationToken);

    public Task<TextTable> QuarantinedAsync(int limit, CancellationToken cancellationToken) => ReadAsync(
        $"SELECT message_id, reason, field FROM {Quarantine} ORDER BY id LIMIT {limit}",
        MessageIdWidth, cancellationToken);

    private async Task<long> CountAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<TextTable> ReadAsync(string sql, int widestValue, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var table = new TextTable([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)], widestValue);
        while (await reader.ReadAsync(cancellationToken))
            table.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.GetValue(column))]);
        return table;
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        // Unpooled: nothing of the sandbox's own is to hold the database.
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
