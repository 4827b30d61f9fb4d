using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Pester;

/// <summary>Runs tests/Pester in a real PowerShell against the servers of this run; skipped, with the reason, where there is none.</summary>
public sealed class PesterSuite(ServersFixture servers, ITestOutputHelper output)
{
    private const int PesterMissing = 3;

    // A pipeline that hangs is a failure, and not a run without end.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Folder, "*.Tests.ps1").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(Repository.Root, "tests", "Pester");

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_test_of_the_file_passes(string file)
    {
        if (await PowerShellHost.WhyNotAsync is { } reason)
        {
            Assert.Skip($"The Pester suite did not run: {reason}");
        }

        var environment = new Dictionary<string, string>
        {
            ["LOGINETL_TEST_SQS"] = servers.SqsEndpoint.AbsoluteUri,
            ["LOGINETL_TEST_DATABASE"] = servers.Postgres.ConnectionString,
            ["LOGINETL_TEST_DATABASE_LOG"] = servers.Postgres.LogPath ?? "",
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Longest);
        var (exitCode, text) = await PowerShellHost.RunAsync(
            ["-File", Path.Combine(Folder, "Run.ps1"), Path.Combine(Folder, file)], environment, limit.Token);
        if (exitCode == PesterMissing)
        {
            Assert.Skip($"The Pester suite did not run: {text.Trim()}");
        }

        output.WriteLine(text);
        Assert.True(exitCode == 0, text);
        // Failures have been told above. A skipped test's reason is the only thing that a passing run prints.
        var skipped = text.Split('\n').Where(line => line.StartsWith("[!]", StringComparison.Ordinal)).ToList();
        Assert.SkipWhen(skipped.Count > 0, $"All others of {file} passed: {string.Join("; ", skipped.Select(line => line[4..].Trim()))}");
    }
}
