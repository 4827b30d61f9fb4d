using Xunit;

namespace LoginEtl.Unit.Pester;

/// <summary>Runs tests/Pester in a real PowerShell against the servers of this run.</summary>
public sealed class PesterSuite(PesterRuns runs, ITestOutputHelper output) : IClassFixture<PesterRuns>
{
    public static TheoryData<string> Files => [.. PesterRuns.Files];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_test_of_the_file_passes(string file)
    {
        var (passed, text) = await runs.RunAsync(file).WaitAsync(TestContext.Current.CancellationToken);
        output.WriteLine(text);
        Assert.True(passed, text);
        // Failures have been told above. A skipped test's reason is the only thing that a passing run prints.
        var skipped = text.Split('\n').Where(line => line.StartsWith("[!]", StringComparison.Ordinal)).ToList();
        Assert.SkipWhen(skipped.Count > 0, $"All others of {file} passed: {string.Join("; ", skipped.Select(line => line[4..].Trim()))}");
    }
}
