using LoginEtl.Bench.Endpoint;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;

namespace LoginEtl.Bench.Jobs;

/// <summary>What a job needs: an endpoint in memory, a real PostgreSQL, and keys.</summary>
internal sealed class JobGround : IAsyncDisposable
{
    private readonly DirectoryInfo? _folder;

    /// <param name="endpoint">Stays the caller's, as all of them do.</param>
    /// <param name="server">Databases are made there.</param>
    /// <param name="keys">A folder.</param>
    public JobGround(EndpointProcess endpoint, PostgresServer server, string keys)
        : this(endpoint, server, keys, null)
    {
    }

    private JobGround(EndpointProcess endpoint, PostgresServer server, string keys, DirectoryInfo? folder) =>
        (Endpoint, Server, Keys, _folder) = (endpoint, server, keys, folder);

    public EndpointProcess Endpoint { get; }

    public PostgresServer Server { get; }

    public string Keys { get; }

    /// <param name="latency">Milliseconds of each call to the queue.</param>
    public static async Task<JobGround> StartAsync(int latency)
    {
        var folder = Directory.CreateTempSubdirectory("loginetl-bench-");
        var keys = Path.Combine(folder.FullName, "keys");
        KeysetCeremony.Create(keys, Path.Combine(folder.FullName, "private", "quarantine.json"), new NewKeysetOptions());
        return new JobGround(await EndpointProcess.StartAsync(latency), await PostgresServer.StartAsync(new PostgresOptions { Major = null }, default), keys, folder);
    }

    /// <summary>Works on a queue with so many messages and a database, both of one name and new.</summary>
    /// <param name="messages">In the queue.</param>
    /// <param name="work">Is given the name and the connection string.</param>
    public async Task<T> WithQueueAsync<T>(int messages, Func<string, string, Task<T>> work)
    {
        var name = $"bench_{Guid.NewGuid():N}";
        var connection = await Server.CreateDatabaseAsync(name);
        try
        {
            await new PostgresConnector().InitializeAsync(new DatabaseSettings { Database = new SecretText(connection) }, new SchemaOptions(), default);
            await Endpoint.FillAsync(name, messages);
            return await work(name, connection);
        }
        finally
        {
            await Server.DropDatabaseAsync(name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_folder is not null)
        {
            Endpoint.Dispose();
            await Server.DisposeAsync();
            _folder.Delete(recursive: true);
        }
    }
}
