using Npgsql;

namespace LoginEtl.Sandbox.Servers;

/// <summary>
/// A PostgreSQL server on 127.0.0.1: a private one with its data in a temporary folder, or an existing one. Its role is
/// a superuser with a random password (scram-sha-256). Disposing stops a private one and removes its data.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    internal const string LoopbackHost = "127.0.0.1";

    private readonly PostgresCluster? _cluster;
    private readonly Keeper? _ownKeeper;

    private PostgresServer(NpgsqlConnectionStringBuilder settings, PostgresCluster? cluster, Keeper? ownKeeper)
    {
        (_cluster, _ownKeeper) = (cluster, ownKeeper);
        ConnectionString = settings.ConnectionString;
        (Host, Port) = (settings.Host ?? "", settings.Port);
        (Database, User, Password) = (settings.Database ?? "", settings.Username ?? "", settings.Password ?? "");
    }

    /// <summary>An Npgsql connection string with everything in it; stays valid over a stop and a start.</summary>
    public string ConnectionString { get; }

    /// <summary>127.0.0.1 for a private server.</summary>
    public string Host { get; }

    /// <summary>A free TCP port for a private server; kept over a stop and a start.</summary>
    public int Port { get; }

    /// <summary>The database that <see cref="ConnectionString"/> names.</summary>
    public string Database { get; }

    /// <summary>The role; a superuser on a private server.</summary>
    public string User { get; }

    /// <summary>The role's password.</summary>
    public string Password { get; }

    /// <summary>False for an existing server, which the sandbox neither stops nor starts.</summary>
    public bool IsPrivate => _cluster is not null;

    /// <summary>The server's log file while it exists, i.e. until it is disposed; null for an existing server.</summary>
    public string? LogPath => _cluster?.LogPath;

    /// <summary>The running postmaster's process id; null when it is stopped, and for an existing server.</summary>
    public int? ProcessId => _cluster?.ProcessId;

    /// <summary>Makes a private server: installs the packages on first use, then about 2 s.</summary>
    /// <exception cref="SandboxException">Node.js, npm or PostgreSQL is missing, or the server did not start.</exception>
    public static async Task<PostgresServer> StartAsync(PostgresOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        await InstallAsync(options.Major, options.Report, cancellationToken);
        Keeper keeper = await Keeper.StartAsync(cancellationToken);
        try
        {
            return await StartAsync(options, keeper, ownKeeper: keeper, cancellationToken);
        }
        catch
        {
            await keeper.DisposeAsync();
            throw;
        }
    }

    /// <summary>An existing server, as it is.</summary>
    /// <exception cref="SandboxException">The text is no Npgsql connection string.</exception>
    public static PostgresServer Existing(string connectionString)
    {
        try
        {
            return new PostgresServer(new NpgsqlConnectionStringBuilder(connectionString), null, null);
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException)
        {
            // Neither the text nor the parser's message, which may hold the password.
            throw new SandboxException("The existing database's setting is no Npgsql connection string. Write it as " +
                "Host=127.0.0.1;Port=5432;Username=…;Password=…;Database=….");
        }
    }

    /// <summary>Asks a running server for its version, as 18.4.</summary>
    public async Task<Version> ReadVersionAsync(CancellationToken cancellationToken = default)
    {
        await using NpgsqlConnection connection = await OpenAsync(cancellationToken);
        return connection.PostgreSqlVersion;
    }

    /// <summary>Starts a stopped private server again, on the same port with the same data.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => Cluster.StartAsync(cancellationToken);

    /// <summary>Stops a private server in order (fast shutdown): open transactions roll back, connections end.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => Cluster.StopAsync(cancellationToken);

    /// <summary>Ends a private server as a crash does (SIGQUIT): no checkpoint; the next start recovers.</summary>
    public Task KillAsync(CancellationToken cancellationToken = default) => Cluster.KillAsync(cancellationToken);

    /// <summary>Makes a database, owned by <see cref="User"/>, and returns its connection string.</summary>
    /// <param name="name">Letters, digits and underscores.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<string> CreateDatabaseAsync(string name, CancellationToken cancellationToken = default)
    {
        await using NpgsqlConnection connection = await OpenAsync(cancellationToken);
        // By its files takes half of the processor time that going through the log takes.
        string strategy = connection.PostgreSqlVersion.Major >= 15 ? " STRATEGY file_copy" : "";
        await ExecuteAsync(connection, $"CREATE DATABASE {Quoted(name)}{strategy}", cancellationToken);
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Drops a database if it is there, ending whoever is connected to it.</summary>
    /// <param name="name">Letters, digits and underscores.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public Task DropDatabaseAsync(string name, CancellationToken cancellationToken = default) =>
        ExecuteAsync($"DROP DATABASE IF EXISTS {Quoted(name)} WITH (FORCE)", cancellationToken);

    /// <summary>Stops a private server and removes its data; leaves an existing one alone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_ownKeeper is not null) await _ownKeeper.DisposeAsync();
    }

    /// <summary>Installs the package of a version; does nothing where there is none, and Debian's is what is left.</summary>
    internal static Task InstallAsync(int? major, Action<string>? report, CancellationToken cancellationToken) =>
        PostgresPackage.Find(major)?.InstallAsync(report, cancellationToken) ?? Task.CompletedTask;

    internal static async Task<PostgresServer> StartAsync(
        PostgresOptions options, Keeper keeper, Keeper? ownKeeper, CancellationToken cancellationToken)
    {
        PostgresCluster cluster = await PostgresCluster.CreateAsync(options, keeper, cancellationToken);
        return new PostgresServer(cluster.Connection, cluster, ownKeeper);
    }

    private PostgresCluster Cluster =>
        _cluster ?? throw new InvalidOperationException("An existing server is not the sandbox's to stop or start.");

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await OpenAsync(cancellationToken);
        await ExecuteAsync(connection, sql, cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // To make or drop a database, the server may first flush all others.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        // Unpooled: a connection left in a pool would hold the database that others want to copy or drop.
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    private static string Quoted(string name) =>
        name.Length is > 0 and < 64 && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_')
            ? $"\"{name}\""
            : throw new ArgumentException("A database's name here has 1 to 63 letters, digits and underscores.", nameof(name));
}
