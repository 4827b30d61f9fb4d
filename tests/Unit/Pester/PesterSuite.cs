using Xunit;

namespace LoginEtl.Unit.Pester;

/// <summary>Runs tests/Pester in a real PowerShell against the servers of this run; skipped, with the reason, where there is none.</summary>
public sealed class PesterSuite(PesterRuns runs, ITestOutputHelper output) : IClassFixture<PesterRuns>
{
    private const int PesterMissing = 3;

    public static TheoryData<string> Files => [.. PesterRuns.Files];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_test_of_the_file_passes(string file)
    {
        if (await PowerShellHost.WhyNotAsync is { } reason)
        {
            Assert.Skip($"The Pester suite did not run: {reason}");
        }

        var (exitCode, text) = await runs.RunAsync(file).WaitAsync(TestContext.Current.CancellationToken);
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
