using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Sandbox;

public sealed class PostgresServerTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_database_is_empty_and_its_own()
    {
        string first = await servers.NewDatabaseAsync();
        string second = await servers.NewDatabaseAsync();
        await ExecuteAsync(first, "CREATE TABLE only_here (a int)");

        Assert.Equal(1L, await ScalarAsync(first, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"));
        Assert.Equal(0L, await ScalarAsync(second, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"));
    }

    [Theory]
    [InlineData("server_encoding", "UTF8")]
    [InlineData("lc_collate", "C")]
    [InlineData("listen_addresses", "127.0.0.1")]
    [InlineData("unix_socket_directories", "")]
    [InlineData("fsync", "on")]
    [InlineData("synchronous_commit", "on")]
    [InlineData("password_encryption", "scram-sha-256")]
    public async Task Private_server_is_durable_and_on_loopback_only(string setting, string expected)
    {
        if (!servers.Postgres.IsPrivate) Assert.Skip("An existing server has its own settings.");
        string sql = setting == "lc_collate"
            ? "SELECT datcollate::text FROM pg_database WHERE datname = current_database()"
            : $"SHOW {setting}";
        Assert.Equal(expected, await ScalarAsync(servers.Postgres.ConnectionString, sql));
    }

    [Fact]
    public async Task Version_that_is_not_there_is_named()
    {
        var failure = await Assert.ThrowsAsync<SandboxException>(() => PostgresServer.StartAsync(new PostgresOptions { Major = 9 }, Cancelled));
        Assert.StartsWith("No PostgreSQL 9 server runs here.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_password_is_refused()
    {
        var wrong = new NpgsqlConnectionStringBuilder(servers.Postgres.ConnectionString) { Password = "wrong" };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(wrong.ConnectionString, "SELECT 1"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
    }

    [Fact]
    public async Task Private_server_keeps_what_was_committed_over_a_stop_and_a_crash()
    {
        await using PostgresServer server = await PostgresServer.StartAsync(
            TestPostgres.Options with { Fast = true, LogStatement = "ddl" }, Cancelled);
        string database = await server.CreateDatabaseAsync("kept", Cancelled);
        await ExecuteAsync(database, "CREATE TABLE kept (a int); INSERT INTO kept VALUES (1)");

        await server.StopAsync(Cancelled);
        Assert.Null(server.ProcessId);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(database, "SELECT 1"));
        await server.StartAsync(Cancelled);
        Assert.Equal(1L, await ScalarAsync(database, "SELECT count(*) FROM kept"));

        await ExecuteAsync(database, "INSERT INTO kept VALUES (2)");
        await server.KillAsync(Cancelled);
        await server.StartAsync(Cancelled);
        Assert.Equal(2L, await ScalarAsync(database, "SELECT count(*) FROM kept"));

        string log = await File.ReadAllTextAsync(server.LogPath!, Cancelled);
        Assert.Contains("CREATE TABLE kept", log, StringComparison.Ordinal);
        Assert.Contains("database system was interrupted", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposed_server_leaves_no_process_and_no_folder()
    {
        PostgresServer server = await PostgresServer.StartAsync(TestPostgres.Options, Cancelled);
        int postmaster = server.ProcessId!.Value;
        string folder = Path.GetDirectoryName(server.LogPath)!;
        await server.DisposeAsync();

        Assert.False(Directory.Exists(folder));
        Assert.Throws<ArgumentException>(() => System.Diagnostics.Process.GetProcessById(postmaster));
    }

    [Fact]
    public async Task Setting_the_server_refuses_is_told_with_its_own_words()
    {
        var options = TestPostgres.Options with { Settings = new Dictionary<string, string> { ["work_mem"] = "nonsense" } };
        var failure = await Assert.ThrowsAsync<SandboxException>(() => PostgresServer.StartAsync(options, Cancelled));
        Assert.Contains("work_mem", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unreadable_connection_string_is_not_repeated()
    {
        var failure = Assert.Throws<SandboxException>(() => PostgresServer.Existing("postgresql://me:secret@somewhere/db"));
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    private static async Task ExecuteAsync(string connection, string sql) => await ScalarAsync(connection, sql);

    private static async Task<object?> ScalarAsync(string connection, string sql)
    {
        // Unpooled: a pooled connection does not notice that its server was restarted.
        await using var opened = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ConnectionString);
        await opened.OpenAsync(Cancelled);
        await using var command = new NpgsqlCommand(sql, opened);
        return await command.ExecuteScalarAsync(Cancelled);
    }
}
