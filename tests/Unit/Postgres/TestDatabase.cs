using LoginEtl.Connections;
using LoginEtl.Postgres;
using LoginEtl.Rotation;
using LoginEtl.Running;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A database of one test's own.</summary>
internal sealed class TestDatabase
{
    private TestDatabase(string connectionString) => ConnectionString = connectionString;

    public string ConnectionString { get; }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<TestDatabase> NewAsync(ServersFixture servers, string? createTable = null)
    {
        var database = new TestDatabase(await servers.NewDatabaseAsync());
        if (createTable is not null)
        {
            await database.RunAsync(createTable);
        }

        return database;
    }

    /// <summary>A database with everything in it; a table that is there already stays.</summary>
    public static async Task<TestDatabase> InitializedAsync(ServersFixture servers, string? createTable = null)
    {
        var database = await NewAsync(servers, createTable);
        await database.InitializeAsync();
        return database;
    }

    public DatabaseSettings Settings(string? table = null) => new()
    {
        Database = new SecretText(ConnectionString), Table = table ?? DatabaseSettings.DefaultTable,
    };

    public Task<IReadOnlyList<string>> InitializeAsync(string? table = null, bool planOnly = false) =>
        InitializeAsync(new SchemaOptions { PlanOnly = planOnly }, table);

    public Task<IReadOnlyList<string>> InitializeAsync(SchemaOptions options, string? table = null) =>
        new PostgresConnector().InitializeAsync(Settings(table), options, Token);

    public Task<IRecordSink> SinkAsync(SinkOptions? options = null, string? table = null, DatabaseSettings? settings = null) =>
        new PostgresConnector().WriteToAsync(settings ?? Settings(table), options ?? new SinkOptions(), Token);

    public Task<ITokenTable> TokensAsync(string? table = null) => new PostgresConnector().OpenTokensAsync(Settings(table), Token);

    public async Task RunAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Token))!;
    }

    public Task<long> CountAsync(string table = DatabaseSettings.DefaultTable) => ReadAsync<long>($"SELECT count(*) FROM {table}");

    public async Task<NpgsqlConnection> OpenAsync()
    {
        // Idle ones of hundreds of databases would use up the server's.
        var connection = new NpgsqlConnection(ConnectionString + ";Connection Idle Lifetime=5;Connection Pruning Interval=1");
        await connection.OpenAsync(Token);
        return connection;
    }
}
