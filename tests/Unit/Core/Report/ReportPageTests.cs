using System.Text.RegularExpressions;
using System.Xml.Linq;
using LoginEtl.Faults;
using LoginEtl.History;
using LoginEtl.Report;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Report;

/// <summary>Pages of runs: whole, plain, without anything of the network, and without users.</summary>
public sealed partial class ReportPageTests : IDisposable
{
    private readonly ReportSamples _samples = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("login-etl-report-").FullName;

    public void Dispose()
    {
        _samples.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Every_page_is_xml_and_names_nothing_of_the_network_and_no_user()
    {
        foreach (var page in Pages())
        {
            Require(page);
        }
    }

    [Fact]
    public void What_strangers_wrote_is_text_and_what_acts_in_it_is_seen()
    {
        var (receipt, statistics) = _samples.Hostile();
        var page = ReportPage.Of(receipt, statistics);
        var names = XDocument.Parse(page).Descendants().Select(e => e.Name.LocalName).ToHashSet();
        Assert.DoesNotContain(names, n => n is "script" or "img" or "b" or "link" or "a");
        Assert.DoesNotContain(page, c => char.IsControl(c) && c != '\n' || c is '\u202E' or '\uFFFE' or '\uFFFF');
        Assert.DoesNotContain(new string('w', 100), page, StringComparison.Ordinal);
        var text = XDocument.Parse(page).Root!.Value;
        Assert.Contains("<script>alert(1)</script>", text, StringComparison.Ordinal);
        Assert.Contains("a\uFFFDbc\uFFFD\uFFFD[31m\uFFFD", text, StringComparison.Ordinal);
        Assert.Contains("refused_by_database (no_<b>ios</b>\uFFFD), SQLSTATE 23514", text, StringComparison.Ordinal);
        Assert.Contains("an empty text", text, StringComparison.Ordinal);
        Assert.Contains("Run of queue<script>\uFFFD", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_says_what_the_receipt_says_and_what_to_do()
    {
        var (receipt, statistics) = _samples.Rich();
        var text = TextOf(ReportPage.Of(receipt, statistics));
        Assert.Contains($"Written{receipt.Written:N0}", text, StringComparison.Ordinal);
        Assert.Contains($"{receipt.Quarantined} messages are in quarantine. Get-LoginQuarantine shows why.", text, StringComparison.Ordinal);
        Assert.Contains("41 rows have an ip that is no address.", text, StringComparison.Ordinal);
        Assert.Contains("1 group of a FIFO queue was held.", text, StringComparison.Ordinal);
        Assert.Contains("invalid_json9", text, StringComparison.Ordinal);
        Assert.DoesNotContain("all is well", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Good_run_has_nothing_to_do_and_an_empty_one_says_so()
    {
        var text = TextOf(ReportPage.Of(ReportSamples.Receipt(0, new RunStatistics()), new RunStatistics()));
        Assert.Contains("Nothing: all is well.", text, StringComparison.Ordinal);
        Assert.Contains("No batch was written.", text, StringComparison.Ordinal);
        Assert.Contains("No message was rejected.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_run_says_its_error_and_remedy_and_a_dry_one_that_it_was_one()
    {
        var text = TextOf(ReportPage.Of(ReportSamples.Failed(), new RunStatistics()));
        Assert.Contains("KeyNotKnown. The database has never seen the key 1234 of ip. Tell it of the key", text, StringComparison.Ordinal);
        Assert.Contains("Exit code 1.", text, StringComparison.Ordinal);

        var (receipt, statistics) = _samples.Rich();
        var dry = TextOf(ReportPage.Of(receipt with { Written = 0, Duplicate = 0, Quarantined = 0, Returned = receipt.Received, NotAnAddress = 0, Undeleted = 0, HeldGroups = 0 }, statistics, isDryRun: true));
        Assert.Contains("A dry run: nothing was written, and nothing was deleted.", dry, StringComparison.Ordinal);
        Assert.Contains("18 messages would go to quarantine.", dry, StringComparison.Ordinal);
        Assert.Contains($"Would be written{statistics.Outcomes[Outcome.Written]:N0}", dry, StringComparison.Ordinal);
        Assert.DoesNotContain("went back to the queue", dry, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_count_that_needs_somebody_is_told()
    {
        var receipt = new Receipt
        {
            Source = "q",
            Outcome = RunState.Stopped,
            Ended = EndReason.Stopped,
            StartedAt = Deliveries.Sent,
            Elapsed = TimeSpan.Zero,
            Received = 0,
            Quarantined = 1,
            Suppressed = 2,
            Returned = 3,
            Lapsed = 4,
            Unknown = 5,
            Undeleted = 6,
            HeldGroups = 7,
            NotAnAddress = 8,
            NotHeld = 9,
        };
        var items = XDocument.Parse(ReportPage.Of(receipt, new RunStatistics())).Descendants("li").Select(i => i.Value).ToList();
        Assert.Equal(11, items.Count);
        for (var count = 1; count <= 9; count++)
        {
            Assert.Single(items, i => i.StartsWith($"{count} ", StringComparison.Ordinal));
        }

        Assert.Contains("Completed, but not well", TextOf(ReportPage.Of(receipt with { Outcome = RunState.Completed }, new RunStatistics())), StringComparison.Ordinal);
        Assert.DoesNotContain("kept out", TextOf(ReportPage.Of(receipt with { SuppressedAccepted = true }, new RunStatistics())), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_runs_are_added_up_and_their_errors_told_once()
    {
        var runs = ReportSamples.Runs();
        var page = ReportPage.Of(runs, "A month");
        var text = TextOf(page);
        Assert.StartsWith("A month", XDocument.Parse(page).Descendants("h1").Single().Value, StringComparison.Ordinal);
        Assert.Contains("700 runs, started from 2026-11-01 00:05:00 UTC to 2026-11-30 03:05:00 UTC.", text, StringComparison.Ordinal);
        Assert.Contains($"Written{runs.Sum(r => r.Written):N0}", text, StringComparison.Ordinal);
        Assert.Contains("3 runs were lost.", text, StringComparison.Ordinal);
        Assert.Contains("Each bar is 12 runs", text, StringComparison.Ordinal);
        Assert.Equal(2, XDocument.Parse(page).Descendants("li").Count(l => (string?)l.Attribute("class") == "bad"));
        Assert.Equal(100, XDocument.Parse(page).Descendants("table").Last().Element("tbody")!.Elements().Count());
    }

    [Fact]
    public void Numbers_that_nobody_can_have_written_end_no_page()
    {
        var run = new LoginRun { Id = Guid.NewGuid(), State = LoginRunState.Completed, Host = "host", Version = "1.0.0", StartedBy = "writer", StartedAt = DateTimeOffset.UnixEpoch, SeenAt = DateTimeOffset.UnixEpoch, Written = long.MaxValue, Quarantined = long.MaxValue, Duplicate = long.MaxValue };
        var text = TextOf(ReportPage.Of([ReportedRun.Of(run), ReportedRun.Of(run), .. ReportSamples.Runs(2)]));
        Assert.Contains("Written18,446,744,073,709,5", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Receipts_and_runs_of_the_database_go_together()
    {
        var failed = ReportSamples.Failed();
        var text = TextOf(ReportPage.Of([ReportedRun.Of(failed), .. ReportSamples.Runs(5)]));
        Assert.Contains("Tell it of the key", text, StringComparison.Ordinal);
        Assert.Contains("Each bar is a run", text, StringComparison.Ordinal);
        Assert.Contains("There is no run to show.", TextOf(ReportPage.Of([])), StringComparison.Ordinal);
    }

    [Fact]
    public void File_appears_whole_in_the_place_of_another_and_is_refused_before_where_it_cannot_be()
    {
        var path = Path.Combine(_folder, "run.HTML");
        var file = new ReportFile(path);
        file.Write("one");
        file.Write("two");
        Assert.Equal(("two", 1), (File.ReadAllText(path), Directory.GetFiles(_folder).Length));
        Assert.Equal(ErrorId.PathInvalid, Assert.Throws<LoginEtlException>(() => new ReportFile(Path.Combine(_folder, "logins.csv"))).Error);
        Assert.Equal(ErrorId.FileUnwritable, Assert.Throws<LoginEtlException>(() => new ReportFile(Path.Combine(_folder, "none", "run.html"))).Error);

        Directory.CreateDirectory(Path.Combine(_folder, "a.html"));
        Assert.Equal(ErrorId.PathInvalid, Assert.Throws<LoginEtlException>(() => new ReportFile(Path.Combine(_folder, "a.html"))).Error);
        var gone = Directory.CreateDirectory(Path.Combine(_folder, "gone")).FullName;
        var late = new ReportFile(Path.Combine(gone, "run.html"));
        Directory.Delete(gone);
        Assert.Equal(ErrorId.FileUnwritable, Assert.Throws<LoginEtlException>(() => late.Write("x")).Error);
    }

    private IEnumerable<string> Pages()
    {
        var (rich, hostile) = (_samples.Rich(), _samples.Hostile());
        yield return ReportPage.Of(rich.Receipt, rich.Statistics);
        yield return ReportPage.Of(rich.Receipt, rich.Statistics, isDryRun: true);
        yield return ReportPage.Of(hostile.Receipt, hostile.Statistics);
        yield return ReportPage.Of(ReportSamples.Failed(), new RunStatistics());
        yield return ReportPage.Of(ReportSamples.Runs(), "<b>\u0000");
        yield return ReportPage.Of([]);
    }

    private static void Require(string page)
    {
        var root = XDocument.Parse(page).Root!;
        Assert.Equal("en", (string?)root.Attribute("lang"));
        Assert.NotEqual("", root.Descendants("title").Single().Value);
        Assert.DoesNotContain(ReportSamples.User, page, StringComparison.Ordinal);
        Assert.DoesNotContain(root.Descendants().Attributes(), a => a.Name.LocalName is "src" or "href" or "srcset" or "action" or "data" || a.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.DoesNotMatch(Fetches(), root.Descendants("style").Single().Value);
        Assert.DoesNotContain(root.Descendants().Attributes("style"), a => !Styles().IsMatch(a.Value));
        // HTML would take <div/> for the beginning of one.
        Assert.DoesNotMatch(Unended(), page);
        Assert.DoesNotContain(root.Descendants("style").Single().Value, c => c is '<' or '>' or '&');
        var levels = root.Descendants().Where(e => Heading().IsMatch(e.Name.LocalName)).Select(e => e.Name.LocalName[1] - '0').ToList();
        Assert.Equal(1, levels[0]);
        Assert.All(levels.Zip(levels.Skip(1)), l => Assert.InRange(l.Second, 2, l.First + 1));
        Assert.All(root.Descendants("svg"), s => Assert.Equal(("img", true), ((string?)s.Attribute("role"), s.Attribute("aria-label")!.Value.Length > 20)));
    }

    private static string TextOf(string page) => XDocument.Parse(page, LoadOptions.PreserveWhitespace).Descendants("main").Single().Value;

    [GeneratedRegex("url|@import|http")]
    private static partial Regex Fetches();

    [GeneratedRegex(@"^(?:width: [0-9.]+%|max-width: \d+rem)\z")]
    private static partial Regex Styles();

    [GeneratedRegex("<(?!meta|rect|line)[a-z0-9]+(?: [^>]*)?/>")]
    private static partial Regex Unended();

    [GeneratedRegex("^h[1-6]$")]
    private static partial Regex Heading();
}
