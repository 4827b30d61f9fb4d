using System.Globalization;
using LoginEtl.Sandbox.Servers;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Fixtures;

/// <summary>
/// PgBouncer on 127.0.0.1 before one database, pooling by transaction with one session, so that all who come by it share
/// that. Its tests are skipped where Debian's package pgbouncer is not installed.
/// </summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private static readonly string? Program = Executables.Find("pgbouncer", $"{Environment.GetEnvironmentVariable("PATH")}{Path.PathSeparator}/usr/sbin");

    private readonly Keeper _keeper;

    private PgBouncer(Keeper keeper, string connectionString) => (_keeper, ConnectionString) = (keeper, connectionString);

    /// <summary>To the same database, as the same role.</summary>
    public string ConnectionString { get; }

    /// <param name="connectionString">To the database itself, with a password.</param>
    /// <param name="others">Names and passwords of others who may come by it.</param>
    public static async Task<PgBouncer> StartAsync(string connectionString, params (string Name, string Password)[] others)
    {
        Assert.SkipWhen(Program is null, "PgBouncer is not installed (Debian: apt install pgbouncer).");
        var keeper = await Keeper.StartAsync(CancellationToken.None);
        var pooler = new PgBouncer(keeper, new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = FreePort.Next() }.ConnectionString);
        try
        {
            await pooler.StartAsync(new NpgsqlConnectionStringBuilder(connectionString), others);
            return pooler;
        }
        catch
        {
            await pooler.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _keeper.DisposeAsync();

    private async Task StartAsync(NpgsqlConnectionStringBuilder server, (string Name, string Password)[] others)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_keeper.Folder, "pgbouncer")).FullName;
        var users = Path.Combine(folder, "users.txt");
        await File.WriteAllLinesAsync(users, others.Prepend((server.Username!, server.Password!)).Select(u => $"\"{u.Item1}\" \"{u.Item2}\""));
        var settings = Path.Combine(folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(settings, string.Create(CultureInfo.InvariantCulture,
            $"""
            [databases]
            {server.Database} = host={server.Host} port={server.Port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {new NpgsqlConnectionStringBuilder(ConnectionString).Port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {users}
            pool_mode = transaction
            default_pool_size = 1

            """));
        foreach (var path in (string[])[folder, users, settings])
        {
            await _keeper.GiveToAccountAsync(path, CancellationToken.None);
        }

        var process = await _keeper.StartProgramAsync(
            new ProgramStart("pgbouncer", Program!, [settings]) { Account = _keeper.Account, LogPath = Path.Combine(_keeper.Folder, "pgbouncer.log") },
            CancellationToken.None);
        await Until.Async(
            () =>
            {
                Assert.False(process.Ended.IsCompleted, "PgBouncer ended.");
                return IsReadyAsync();
            },
            "PgBouncer");
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
