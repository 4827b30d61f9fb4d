using LoginEtl.Sandbox.PowerShell;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Pester;

/// <summary>
/// The files of tests/Pester, shared out between two PowerShells that run side by side: each is started, and compiles the
/// module, once. Both begin when the first file is asked for; those that nobody waits for are ended with the suite.
/// </summary>
public sealed class PesterRuns(ServersFixture servers) : IAsyncDisposable
{
    private const int Lanes = 2;
    private const string Left = "They left running: ";

    // For one file: a pipeline that hangs is a failure, and not a run without end.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private Task<string>[]? _lanes;

    /// <summary>The folder of the files.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "Pester");

    /// <summary>Names of the files.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.EnumerateFiles(Folder, "*.Tests.ps1").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    // About as long as they are, whichever files come and go: the longest first, each to who has least.
    private static string[][] Shares { get; } = Share();

    /// <summary>What came of one file.</summary>
    /// <returns>Whether all of its tests passed or were skipped; and what was said.</returns>
    public async Task<(bool Passed, string Text)> RunAsync(string file)
    {
        lock (_lock)
        {
            _lanes ??= [.. Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => RunLaneAsync(lane)))];
        }

        var text = await _lanes[Array.FindIndex(Shares, share => share.Contains(file))];
        // Processes that were left are everybody's.
        var own = Array.Find(text.Split("\n== "), p => p.StartsWith(file, StringComparison.Ordinal));
        return own is null || text.StartsWith(Left, StringComparison.Ordinal) ? (false, text) : (own.Contains("\nok: ", StringComparison.Ordinal), own);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        // Their faults are their tests', where anybody has waited for them.
        await Task.WhenAll(_lanes ?? []).ContinueWith(_ => { }, TaskScheduler.Default);
        _ended.Dispose();
    }

    private static string[][] Share()
    {
        var shares = Enumerable.Range(0, Lanes).Select(_ => (Files: new List<string>(), Length: 0L)).ToArray();
        foreach (var (file, length) in Files.Select(f => (f, new FileInfo(Path.Combine(Folder, f)).Length)).OrderByDescending(f => f.Length))
        {
            ref var least = ref shares[Array.IndexOf(shares, shares.MinBy(s => s.Length))];
            least.Files.Add(file);
            least.Length += length;
        }

        return [.. shares.Select(s => s.Files.ToArray())];
    }

    private async Task<string> RunLaneAsync(int lane)
    {
        var mark = $"{Guid.NewGuid():n}";
        var environment = new Dictionary<string, string>(TestServers.Variables(servers.Postgres, servers.Sqs)) { [LeftProcesses.Variable] = mark };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        limit.CancelAfter(Longest);
        var files = Shares[lane].Select(f => Path.Combine(Folder, f));
        var (_, text) = await PowerShellHost.RunAsync(
            ["-File", Path.Combine(Folder, "Run.ps1"), ProjectPackages.Pester, .. files], environment, limit.Token,
            said: line =>
            {
                // What Run.ps1 says when a file has ended.
                if (line.StartsWith("== ", StringComparison.Ordinal))
                {
                    limit.CancelAfter(Longest);
                }
            });
        var left = await LeftProcesses.EndAsync(mark, _ended.Token);
        return $"{(left.Count == 0 ? "" : $"{Left}{string.Join("; ", left)}")}\n{text}";
    }
}
