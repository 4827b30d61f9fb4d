using System.Diagnostics;
using System.Text.Json;
using LoginEtl.Report;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Report;

/// <summary>
/// The pages in a real browser, without a network: at the width of phones, dark and light, by keyboard, and by the rules of axe for
/// those who do not see them. Skipped where Debian's package chromium is not installed.
/// </summary>
public sealed class ReportBrowserTests : IDisposable
{
    /// <summary>Where to leave screenshots; for people.</summary>
    private static readonly string? Screenshots = Environment.GetEnvironmentVariable("LOGINETL_TEST_SCREENSHOTS");

    private static readonly string? Browser = Executables.Find("chromium", Environment.GetEnvironmentVariable("PATH"));

    private readonly ReportSamples _samples = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("login-etl-browser-").FullName;

    public static TheoryData<string> Pages => ["rich", "empty", "hostile", "runs"];

    public void Dispose()
    {
        _samples.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_fits_a_phone_dark_and_light_and_is_for_all(string name)
    {
        Assert.SkipWhen(Browser is null, "Chromium is not installed (Debian: apt install chromium).");
        await new NpmPackages(Repository.PathOf("tests/npm")).InstallAsync(before: null, after: null, TestContext.Current.CancellationToken);
        var path = Path.Combine(_folder, $"{name}.html");
        await File.WriteAllTextAsync(path, Page(name), TestContext.Current.CancellationToken);
        var arguments = new List<string> { Repository.PathOf("tests/npm/report.mjs"), Browser!, path };
        if (Screenshots is not null)
        {
            arguments.Add(Directory.CreateDirectory(Path.Combine(Screenshots, name)).FullName);
        }

        var (code, output, errors) = await Programs.RunAsync(new ProcessStartInfo("node", arguments), TestContext.Current.CancellationToken);
        Assert.True(code == 0, errors);
        var found = JsonDocument.Parse(output).RootElement;
        Assert.Equal("[]", found.GetProperty("requests").GetRawText());
        Assert.Equal("[]", found.GetProperty("said").GetRawText());
        var looks = found.GetProperty("looks").EnumerateArray().ToList();
        Assert.Equal(6, looks.Count);
        Assert.All(looks, look =>
        {
            Assert.False(look.GetProperty("scrolls").GetBoolean() || look.GetProperty("scrollsOpen").GetBoolean(), $"It is wider than {look.GetProperty("width")}.");
            Assert.Equal(look.GetProperty("colorScheme").GetString() == "dark", look.GetProperty("isDark").GetBoolean());
        });
        Assert.All(found.GetProperty("rules").EnumerateArray(), rules =>
        {
            Assert.Equal("[]", rules.GetProperty("violations").GetRawText());
            Assert.InRange(rules.GetProperty("passed").GetInt32(), 15, 200);
        });
        var keyboard = found.GetProperty("keyboard");
        Assert.Equal((keyboard.GetProperty("summaries").GetInt32(), keyboard.GetProperty("summaries").GetInt32()), (keyboard.GetProperty("reached").GetInt32(), keyboard.GetProperty("opened").GetInt32()));
        Assert.Equal(name is "rich" ? 3 : name is "runs" ? 5 : 0, keyboard.GetProperty("summaries").GetInt32());
    }

    private string Page(string name)
    {
        var (receipt, statistics) = name == "rich" ? _samples.Rich() : name == "hostile" ? _samples.Hostile() : (ReportSamples.Failed(), new RunStatistics());
        return name == "runs" ? ReportPage.Of(ReportSamples.Runs()) : ReportPage.Of(receipt, statistics);
    }
}
