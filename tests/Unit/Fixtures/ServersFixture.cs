using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(ServersFixture))]

namespace LoginEtl.Unit.Fixtures;

/// <summary>
/// Real servers, started once for all tests when the first of them asks. A test class takes this in its constructor
/// and gets databases and queue names that no other test has. A test that stops or kills a server starts its own
/// (<see cref="PostgresServer.StartAsync(PostgresOptions, CancellationToken)"/> by <see cref="TestPostgres"/>, <see cref="SqsServer.StartAsync(Action{string}?, CancellationToken)"/>).
/// </summary>
/// <remarks>
/// LOGINETL_TEST_DATABASE and LOGINETL_TEST_SQS name existing servers, LOGINETL_TEST_POSTGRES=16 the version of
/// PostgreSQL that is started; AWS_* and PG* are ignored.
/// </remarks>
public sealed class ServersFixture : IAsyncDisposable
{
    private readonly ConcurrentBag<string> _databases = [];
    private readonly Lazy<Task<SandboxServers>> _servers = new(
        () => Task.Run(() => TestServers.StartAsync(report: null, CancellationToken.None)));

    // Tells runs that share one existing server apart.
    private readonly string _run = RandomNumberGenerator.GetHexString(8, lowercase: true);
    private int _names;

    /// <summary>Before any test runs: none may reach what the machine's own settings point to.</summary>
    public ServersFixture() => SandboxEnvironment.RemoveForeignSettings();

    /// <summary>The shared PostgreSQL. Blocks until the servers are up, at first use.</summary>
    public PostgresServer Postgres => Servers.Postgres;

    /// <summary>The shared SQS server. Blocks until the servers are up, at first use.</summary>
    public SqsServer Sqs => Servers.Sqs;

    /// <summary>The shared SQS server's endpoint. Blocks until the servers are up, at first use.</summary>
    public Uri SqsEndpoint => Sqs.EndpointUrl;

    /// <summary>An empty database of its own; returns its Npgsql connection string.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        SandboxServers servers = await _servers.Value;
        string name = NewDatabaseName();
        return await servers.Postgres.CreateDatabaseAsync(name);
    }

    /// <summary>A name for a database that the test makes by itself. On a server of the tests' own it stays: to drop one flushes all others to disk.</summary>
    public string NewDatabaseName()
    {
        string name = NewName("test_", "_");
        _databases.Add(name);
        return name;
    }

    /// <summary>A name that no queue has yet; the test creates the queue.</summary>
    public string NewQueueName() => NewName("test-", "-");

    /// <summary>Stops the servers; on an existing one, drops the databases made.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_servers.IsValueCreated) return;
        SandboxServers servers = await _servers.Value;
        NpgsqlConnection.ClearAllPools();
        if (!servers.Postgres.IsPrivate)
            foreach (string database in _databases) await servers.Postgres.DropDatabaseAsync(database);
        await servers.DisposeAsync();
    }

    private SandboxServers Servers => _servers.Value.GetAwaiter().GetResult();

    private string NewName(string prefix, string separator) => string.Create(CultureInfo.InvariantCulture,
        $"{prefix}{_run}{separator}{Interlocked.Increment(ref _names)}");
}
