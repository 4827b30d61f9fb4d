using System.Globalization;
using LoginEtl.Keysets;
using LoginEtl.Sandbox.Demo;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>
/// Servers and keys that scenarios have to themselves, one after the other: they may be killed and made read-only.
/// Never existing ones.
/// </summary>
public sealed class FaultLane : IAsyncLifetime
{
    private SandboxServers? _servers;
    private SqsCalls? _calls;
    private int _names;

    /// <summary>The lane's database server.</summary>
    public PostgresServer Postgres => Servers.Postgres;

    /// <summary>The lane's queue server.</summary>
    public SqsServer Sqs => Servers.Sqs;

    internal Keeper Keeper => Servers.Keeper;

    /// <summary>Calls to the queue server that no proxy sees.</summary>
    internal SqsCalls Calls => _calls!;

    internal string Folder => Servers.Folder;

    private SandboxServers Servers => _servers ?? throw new InvalidOperationException("The lane's servers are not started.");

    internal static async Task<FaultLane> StartAsync()
    {
        var lane = new FaultLane();
        await lane.InitializeAsync();
        return lane;
    }

    public async ValueTask InitializeAsync()
    {
        SandboxEnvironment.RemoveForeignSettings();
        var settings = new Dictionary<string, string>
        {
            // Deadlocks are found soon: a scenario has seconds.
            ["deadlock_timeout"] = "50ms",
            // Whose session met what: read by ServerLog.
            ["log_line_prefix"] = ServerLog.Prefix,
            ["log_connections"] = "on",
        };
        _servers = await SandboxServers.StartAsync(
            new SandboxOptions { Postgres = TestPostgres.Options with { Settings = settings } }, CancellationToken.None);
        _calls = new SqsCalls(_servers.Sqs);
        KeysetCeremony.Create(Path.Combine(Folder, "keys"), Path.Combine(Folder, "quarantine-private.json"), overwrite: false);
    }

    public async ValueTask DisposeAsync()
    {
        _calls?.Dispose();
        if (_servers is not null)
        {
            await _servers.DisposeAsync();
        }
    }

    /// <summary>Names a queue, a database or a process that this lane has not had.</summary>
    internal string NewName(string prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{Interlocked.Increment(ref _names)}");

    internal RunSettings Settings(Uri endpoint, string queue, string database) => new(Sqs, endpoint, queue, database, Folder);
}
