using LoginEtl.Sandbox.PowerShell;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Pester;

/// <summary>
/// The files of tests/Pester, each in a PowerShell of its own, two at a time: they wait more than they work. All begin when
/// the first is asked for; those that nobody waits for are ended with the suite.
/// </summary>
public sealed class PesterRuns(ServersFixture servers) : IAsyncDisposable
{
    // A pipeline that hangs is a failure, and not a run without end.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    private readonly CancellationTokenSource _ended = new();
    private readonly SemaphoreSlim _lanes = new(2);
    private readonly Lock _lock = new();
    private Dictionary<string, Task<(int ExitCode, string Text)>>? _runs;

    /// <summary>The folder of the files.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "Pester");

    /// <summary>Names of the files.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.EnumerateFiles(Folder, "*.Tests.ps1").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    /// <summary>What came of one file.</summary>
    public Task<(int ExitCode, string Text)> RunAsync(string file)
    {
        lock (_lock)
        {
            _runs ??= Files.ToDictionary(f => f, f => Task.Run(() => RunOneAsync(f)));
            return _runs[file];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        // Their faults are their tests', where anybody has waited for them.
        await Task.WhenAll(_runs is null ? [] : _runs.Values).ContinueWith(_ => { }, TaskScheduler.Default);
        _ended.Dispose();
        _lanes.Dispose();
    }

    private async Task<(int ExitCode, string Text)> RunOneAsync(string file)
    {
        await _lanes.WaitAsync(_ended.Token);
        try
        {
            var mark = $"{Guid.NewGuid():n}";
            var environment = new Dictionary<string, string>(TestServers.Variables(servers.Postgres, servers.Sqs)) { [LeftProcesses.Variable] = mark };
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
            limit.CancelAfter(Longest);
            var (exitCode, text) = await PowerShellHost.RunAsync(
                ["-File", Path.Combine(Folder, "Run.ps1"), Path.Combine(Folder, file), ProjectPackages.Pester], environment, limit.Token);
            var left = await LeftProcesses.EndAsync(mark, _ended.Token);
            return left.Count == 0 ? (exitCode, text) : (1, $"{text}It left running: {string.Join("; ", left)}");
        }
        finally
        {
            _lanes.Release();
        }
    }
}
