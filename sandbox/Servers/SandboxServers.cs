namespace LoginEtl.Sandbox.Servers;

/// <summary>
/// PostgreSQL and SQS on loopback. Whatever ends this process, kill -9 included, nothing of them is left running or on
/// disk.
/// </summary>
public sealed class SandboxServers : IAsyncDisposable
{
    private readonly Keeper _keeper;

    private SandboxServers(Keeper keeper, PostgresServer postgres, SqsServer sqs) =>
        (_keeper, Postgres, Sqs) = (keeper, postgres, sqs);

    /// <summary>The database server.</summary>
    public PostgresServer Postgres { get; }

    /// <summary>The queue server.</summary>
    public SqsServer Sqs { get; }

    /// <summary>A temporary folder that goes when the servers go.</summary>
    public string Folder => _keeper.Folder;

    internal Keeper Keeper => _keeper;

    /// <summary>Starts both servers at once: about 2 s, and some 15 s more on first use (npm ci, 100 MB).</summary>
    /// <exception cref="SandboxException">Node.js, npm or PostgreSQL is missing, or a server did not start.</exception>
    public static async Task<SandboxServers> StartAsync(SandboxOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        await Task.WhenAll(
            ServerPackages.InstallAsync(options.Report, cancellationToken),
            options.ExistingDatabase is null
                ? PostgresServer.InstallAsync(options.Postgres.Major, options.Report, cancellationToken)
                : Task.CompletedTask);
        Keeper keeper = await Keeper.StartAsync(cancellationToken);
        Task<SqsServer> sqs = options.ExistingSqs is { } endpoint
            ? Task.FromResult(SqsServer.Existing(endpoint))
            : SqsServer.StartAsync(options.Report, cancellationToken);
        try
        {
            PostgresServer postgres = options.ExistingDatabase is { } connection
                ? PostgresServer.Existing(connection)
                : await PostgresServer.StartAsync(options.Postgres, keeper, ownKeeper: null, cancellationToken);
            return new SandboxServers(keeper, postgres, await sqs);
        }
        catch
        {
            await keeper.DisposeAsync();
            await EndAsync(sqs);
            throw;
        }
    }

    /// <summary>Stops what was started and removes the folder; leaves existing servers alone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _keeper.DisposeAsync();
        await Sqs.DisposeAsync();
    }

    private static async Task EndAsync(Task<SqsServer> starting)
    {
        await Task.WhenAny(starting);
        if (starting.IsCompletedSuccessfully) await starting.Result.DisposeAsync();
    }
}
