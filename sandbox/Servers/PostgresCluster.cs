using System.Security.Cryptography;
using Npgsql;

namespace LoginEtl.Sandbox.Servers;

/// <summary>A private database cluster: made by initdb in the keeper's folder, run by a postmaster of its own.</summary>
internal sealed class PostgresCluster
{
    private const string Role = "login_etl";
    private const int PortTries = 5;
    private const int ShownLines = 15;
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(20);

    private readonly Keeper _keeper;
    private readonly PostgresBinaries _binaries;
    private readonly PostgresOptions _options;
    private readonly string _folder;
    private readonly string _password = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private KeptProgram? _postmaster;
    private int _port;

    private PostgresCluster(Keeper keeper, PostgresBinaries binaries, PostgresOptions options)
    {
        (_keeper, _binaries, _options) = (keeper, binaries, options);
        _folder = Path.Combine(keeper.Folder, "cluster");
        LogPath = Path.Combine(keeper.Folder, "postgres.log");
    }

    public string LogPath { get; }

    public int? ProcessId => _postmaster is { Ended.IsCompleted: false } running ? running.ProcessId : null;

    public NpgsqlConnectionStringBuilder Connection => new()
    {
        Host = PostgresServer.LoopbackHost,
        Port = _port,
        Username = Role,
        Password = _password,
        Database = "postgres",
    };

    public static async Task<PostgresCluster> CreateAsync(
        PostgresOptions options, Keeper keeper, CancellationToken cancellationToken)
    {
        PostgresBinaries binaries = await PostgresBinaries.FindAsync(keeper, options.Major, cancellationToken);
        var cluster = new PostgresCluster(keeper, binaries, options);
        await cluster.InitializeAsync(cancellationToken);
        for (int tries = 1; ; tries++)
        {
            cluster._port = FreePort.Next();
            try
            {
                await cluster.StartAsync(cancellationToken);
                return cluster;
            }
            catch (SandboxException) when (tries < PortTries && cluster.LostItsPort())
            {
                // Someone bound it since it was found free.
            }
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (ProcessId is not null) return;
        var program = new ProgramStart("postgres", _binaries.Postgres, ["-D", _folder, .. _options.CommandLine(_port)])
        {
            Account = _keeper.Account,
            LogPath = LogPath,
            StopSignal = "SIGINT",
        };
        _postmaster = await _keeper.StartProgramAsync(program, cancellationToken);
        await WaitUntilReadyAsync(_postmaster, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => EndAsync("SIGINT", cancellationToken);

    public Task KillAsync(CancellationToken cancellationToken) => EndAsync("SIGQUIT", cancellationToken);

    private async Task EndAsync(string signal, CancellationToken cancellationToken)
    {
        if (ProcessId is null) return;
        await _postmaster!.StopAsync(signal, StopGrace, cancellationToken);
    }

    private async Task InitializeAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder);
        await _keeper.GiveToAccountAsync(_folder, cancellationToken);
        string passwordFile = Path.Combine(_keeper.Folder, "password");
        await using (var file = new FileStream(passwordFile, OwnerOnly()))
            await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(_password), cancellationToken);
        await _keeper.GiveToAccountAsync(passwordFile, cancellationToken);

        // Unsynced: only a power cut in this very minute could tell, and the sandbox is made anew then.
        string[] arguments = ["-D", _folder, "-U", Role, "-A", "scram-sha-256", $"--pwfile={passwordFile}",
            "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"];
        var program = new ProgramStart("initdb", _binaries.Initdb, arguments) { Account = _keeper.Account };
        ProgramEnd end = await _keeper.RunAsync(program, cancellationToken);
        File.Delete(passwordFile);
        if (!end.Succeeded)
            throw new SandboxException($"{_binaries.Initdb} could not make a database in {_folder} ({end}). " +
                $"It said:\n{end.Output.Trim()}");
    }

    private async Task WaitUntilReadyAsync(KeptProgram postmaster, CancellationToken cancellationToken)
    {
        if (await PostgresReadiness.WaitAsync(Connection, postmaster.Ended, cancellationToken)) return;
        string how = postmaster.Ended.IsCompleted ? $"ended ({await postmaster.Ended})" : "did not become ready";
        throw new SandboxException($"{_binaries.Postgres} {how} on port {_port}. Its log, {LogPath}, ends:\n{LogEnd()}");
    }

    private bool LostItsPort() => LogEnd().Contains("could not bind", StringComparison.Ordinal);

    private string LogEnd() =>
        File.Exists(LogPath) ? string.Join('\n', File.ReadLines(LogPath).TakeLast(ShownLines)) : "";

    private static FileStreamOptions OwnerOnly()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
