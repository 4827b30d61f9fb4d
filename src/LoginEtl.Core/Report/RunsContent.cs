using System.Xml.Linq;
using LoginEtl.Run;

namespace LoginEtl.Report;

/// <summary>What the page of many runs says, from top to bottom.</summary>
/// <param name="runs">The earliest first.</param>
internal sealed class RunsContent(IReadOnlyList<ReportedRun> runs)
{
    private const int MostBars = 60;
    private const int MostRows = 100;

    private readonly RunCounts _sum = runs.Aggregate(new RunCounts(), (all, next) => all.Plus(next.Counts));

    public IEnumerable<XElement> Parts() => runs.Count == 0
        ? [Html.Paragraph("There is no run to show.")]
        : [
            Html.Note($"{ReportText.Of(runs.Count, "run", "runs")}, started from {ReportText.Time(runs[0].StartedAt)} to {ReportText.Time(runs[^1].StartedAt)}."),
            Html.Tiles(
                ("Runs", ReportText.Of(runs.Count)),
                ("With an error", ReportText.Of(runs.Count(r => r.ErrorId is not null))),
                ("Written", ReportText.Of(Written(runs))),
                ("Duplicates", ReportText.Of(_sum[Outcome.Duplicate])),
                ("Quarantined", ReportText.Of(_sum[Outcome.Quarantined]))),
            Advice.Of(runs, _sum),
            Html.Section("How they ended", Html.Cards(
                Html.Card("Runs", CountTable.Of("State", "Runs", runs.Count, [.. runs.GroupBy(r => r.State).OrderBy(g => g.Key).Select(g => new CountRow($"{g.Key}", g.Count()))])),
                Html.Card("Errors", runs.All(r => r.ErrorId is null) ? Html.Paragraph("None.") : Errors()))),
            Html.Section("What became of the messages", Html.Panel(OutcomeTable.Of(_sum, _sum.Received)),
                runs.All(r => r.Receipt is not null) ? null : Html.Note("As far as the database remembers it: of runs that have not ended, or were lost, only what their batches counted.")),
            OverTime(),
            Runs(),
        ];

    // Whoever may write the history can write any number: a sum of integers would end in an overflow.
    private static double Written(IEnumerable<ReportedRun> runs) => runs.Sum(r => (double)r.Written);

    private XElement Errors() => CountTable.Of("Error", "Runs", of: null,
        [.. runs.Where(r => r.ErrorId is not null).GroupBy(r => r.ErrorId!).Select(g => new CountRow(g.Key, g.Count())).OrderByDescending(g => g.Count).ThenBy(g => g.Name, StringComparer.Ordinal)]);

    private XElement OverTime()
    {
        var together = (runs.Count + MostBars - 1) / MostBars;
        var bars = runs.Chunk(together).ToList();
        return Html.Section("Run by run",
            Html.Paragraph($"{(together == 1 ? "Each bar is a run" : $"Each bar is {ReportText.Of(together)} runs, one after the other")}, the earliest first."),
            bars.Count < 2 ? Runless() : Html.Cards(
                Draw("Rows written", b => (Written(b), null), ReportText.Of),
                Draw("Duplicates", b => (b.Sum(r => (double)r.Counts[Outcome.Duplicate]), null), ReportText.Of),
                Draw("Quarantined", b => (b.Sum(r => (double)r.Counts[Outcome.Quarantined]), null), ReportText.Of),
                Draw("Rows a second", b => (Written(b) / Math.Max(b.Sum(r => r.Elapsed.TotalSeconds), 0.001), null), ReportText.Of),
                Draw("Duration", b => (b.Average(r => r.Elapsed.TotalSeconds), together == 1 ? null : b.Max(r => r.Elapsed.TotalSeconds)), ReportText.Seconds)));

        XElement Draw(string title, Func<ReportedRun[], (double Value, double? Longest)> of, Func<double, string> format) => new Chart(
            title, [.. bars.Select(b => new ChartBar(ReportText.Time(b[0].StartedAt), of(b).Value, of(b).Longest))], format)
        {
            Over = together == 1 ? "Run" : "Runs from",
            Axis = (ReportText.Minute(bars[0][0].StartedAt), "", ReportText.Minute(bars[^1][0].StartedAt)),
        }.Draw();
    }

    private static XElement Runless() => Html.Note("One run makes no picture.");

    private XElement Runs() => Html.Section("The runs",
        runs.Count > MostRows ? Html.Paragraph($"The latest {MostRows} of {ReportText.Of(runs.Count)}.") : null,
        Html.Panel(Html.Table("The runs", ["Started (UTC)", "State", "#Written", "#Quarantined", "#Duplicates", "#Took", "#Rows a second", "Error", "Source"],
            runs.Reverse().Take(MostRows).Select(r => (string[])
            [
                ReportText.Minute(r.StartedAt), $"{r.State}", ReportText.Of(r.Written), ReportText.Of(r.Counts[Outcome.Quarantined]), ReportText.Of(r.Counts[Outcome.Duplicate]),
                ReportText.Seconds(r.Elapsed.TotalSeconds), ReportText.Of(r.RowsASecond), r.ErrorId ?? "", r.Source,
            ]), isLow: false)));
}
