using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres.Statements;

/// <summary>A server of its own that logs the parse tree of every statement: in the others' log there would be no end of them.</summary>
public sealed class TracedServer : IAsyncLifetime
{
    private PostgresServer? _server;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync(
        TestPostgres.Options with
        {
            Settings = new Dictionary<string, string>
            {
                ["debug_print_parse"] = "on",
                ["debug_pretty_print"] = "off",
                ["log_line_prefix"] = LoggedStatement.Prefix,
                // What many sessions write at once stays apart only by way of the collector.
                ["logging_collector"] = "on",
                ["log_filename"] = "statements",
                ["log_rotation_age"] = "0",
                ["log_rotation_size"] = "0",
            },
        },
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>An empty database.</summary>
    internal async Task<TestDatabase> NewAsync(string name) => TestDatabase.By(await _server!.CreateDatabaseAsync(name, TestDatabase.Token));

    /// <summary>Sends a statement as runs do, which ask for no types first.</summary>
    internal static async Task SendAsync(TestDatabase database, string sql)
    {
        var builder = new NpgsqlDataSourceBuilder(database.ConnectionString + ";Application Name=LoginEtl");
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        await using var source = builder.Build();
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestDatabase.Token);
    }

    /// <summary>All that runs sent to a database so far.</summary>
    internal static async Task<IReadOnlyList<LoggedStatement>> LoggedAsync(TestDatabase database)
    {
        var path = Path.Combine(await database.ReadAsync<string>("SHOW data_directory"), "log", "statements");
        // The log is behind; when this is there, all before it is.
        var last = $"the last of {Guid.NewGuid()}";
        await database.RunAsync($"SELECT '{last}'");
        while (true)
        {
            using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            var log = await file.ReadToEndAsync(TestDatabase.Token);
            if (log.Contains(last, StringComparison.Ordinal))
            {
                return LoggedStatement.Read(log, new NpgsqlConnectionStringBuilder(database.ConnectionString).Database!);
            }

            await Task.Delay(100, TestDatabase.Token);
        }
    }
}
