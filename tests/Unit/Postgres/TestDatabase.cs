using LoginEtl.Postgres;
using LoginEtl.Rotation;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A database of one test's own.</summary>
internal sealed class TestDatabase
{
    private TestDatabase(string connectionString) => ConnectionString = connectionString;

    public string ConnectionString { get; }

    /// <summary>What its table calls the columns.</summary>
    public ColumnNames Names { get; private init; } = ColumnNames.Default;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<TestDatabase> NewAsync(ServersFixture servers, string? createTable = null, ColumnNames? names = null)
    {
        var database = new TestDatabase(await servers.NewDatabaseAsync()) { Names = names ?? ColumnNames.Default };
        if (createTable is not null)
        {
            await database.RunAsync(createTable);
        }

        return database;
    }

    /// <summary>A database with everything in it; a table that is there already stays.</summary>
    public static async Task<TestDatabase> InitializedAsync(ServersFixture servers, string? createTable = null, ColumnNames? names = null)
    {
        var database = await NewAsync(servers, createTable, names);
        await database.InitializeAsync();
        return database;
    }

    /// <summary>The same database by another way.</summary>
    public static TestDatabase By(string connectionString) => new(connectionString);

    public DatabaseSettings Settings(string? table = null) => new()
    {
        Database = new SecretText(ConnectionString),
        Table = table ?? DatabaseSettings.DefaultTable,
        ColumnNames = Names,
    };

    public Task<IReadOnlyList<string>> InitializeAsync(string? table = null, bool planOnly = false) =>
        InitializeAsync(new SchemaOptions { PlanOnly = planOnly }, table);

    public Task<IReadOnlyList<string>> InitializeAsync(SchemaOptions options, string? table = null) =>
        new PostgresConnector().InitializeAsync(Settings(table), options, Token);

    public Task<IRecordSink> SinkAsync(SinkOptions? options = null, string? table = null, DatabaseSettings? settings = null) =>
        new PostgresConnector().WriteToAsync(settings ?? Settings(table), options ?? new SinkOptions(), Token);

    public Task<ITokenTable> TokensAsync(string? table = null) => new PostgresConnector().OpenTokensAsync(Settings(table), Token);

    /// <summary>Acts as a login role of its own, which is dropped after it.</summary>
    /// <param name="rights">Statements that give the role of a name its rights.</param>
    /// <param name="act">Is told the settings by which it connects.</param>
    public async Task AsRoleAsync(Func<string, string> rights, Func<DatabaseSettings, Task> act)
    {
        var role = $"role_{Guid.NewGuid():N}";
        await RunAsync($"CREATE ROLE {role} LOGIN PASSWORD 'pw'; {rights(role)}");
        try
        {
            await act(Settings() with { UserName = role, Password = new SecretText("pw") });
        }
        finally
        {
            await RunAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    /// <summary>Acts as a member of one of the roles that Initialize makes.</summary>
    public Task AsMemberAsync(string group, Func<DatabaseSettings, Task> act) => AsRoleAsync(role => $"GRANT {group} TO {role}", act);

    /// <summary>The rights of a writer, for a role that is in none of those.</summary>
    public static string WriterRights(string role) =>
        $"""
        GRANT INSERT ON user_logins, login_etl_quarantine TO {role};
        GRANT SELECT, INSERT, UPDATE (outcome) ON login_etl_ledger, login_etl_file_ledger TO {role};
        GRANT SELECT ON login_etl_schema TO {role};
        GRANT SELECT, INSERT (attribute, method, prefix, check_value) ON login_etl_key TO {role};
        """;

    public async Task RunAsync(string sql)
    {
        await using var connection = await OpenAsync();
        // To drop a database, the server first flushes the hundreds of others that the tests made.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync(Token);
    }

    /// <summary>As the account of the settings, over a connection of its own.</summary>
    public static async Task RunAsAsync(DatabaseSettings settings, string sql)
    {
        var builder = new NpgsqlConnectionStringBuilder(settings.Database.Reveal()) { Username = settings.UserName, Password = settings.Password!.Reveal(), Pooling = false };
        await using var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync(Token);
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
