using System.Xml.Linq;
using LoginEtl.Run;

namespace LoginEtl.Report;

/// <summary>What the page of one run says, from top to bottom.</summary>
internal sealed class RunContent(Receipt receipt, RunStatistics statistics, bool isDryRun)
{
    private const int MostTokens = 10;

    // Of a dry run its receipt says only that all went back.
    private RunCounts Counts => isDryRun ? statistics.Outcomes : receipt.Counts;

    private string Done => isDryRun ? "that would be written" : "written";

    public IEnumerable<XElement> Parts() =>
    [
        State(),
        .. isDryRun ? [Html.Of("p", Html.Is("class", "state warn"), "A dry run: nothing was written, and nothing was deleted.")] : Array.Empty<XElement>(),
        Tiles(),
        Advice.Of(receipt, statistics.Outcomes, isDryRun),
        Outcomes(),
        OverTime(),
        Rejects(),
        Logins(),
        .. statistics.Days.Total == 0 ? [] : new[] { Tokens() },
    ];

    private XElement State()
    {
        var (kind, words) = receipt.Outcome switch
        {
            RunState.Failed => ("bad", "Failed"),
            RunState.Stopped => ("warn", "Stopped"),
            _ when receipt.ExitCode == 0 => ("good", "Completed"),
            _ when receipt.ExitCode == 2 => ("warn", "Completed, with rejects"),
            _ => ("bad", "Completed, but not well"),
        };
        var why = receipt.Ended switch
        {
            EndReason.Drained => ": the queue is drained",
            EndReason.DrainTimeout => ": others still held messages",
            EndReason.GroupsHeld => ": what is left is of held groups",
            EndReason.MaxMessages => ": all messages asked for were received",
            EndReason.MaxDuration => ": its time was up",
            _ => "",
        };
        return Html.Of("div",
            Html.Of("p", Html.Is("class", $"state {kind}"), $"{words}{why}"),
            Html.Note($"Started {ReportText.Time(receipt.StartedAt)}, took {ReportText.Seconds(receipt.Elapsed.TotalSeconds)}. Exit code {receipt.ExitCode}. LoginEtl {receipt.Version}."));
    }

    private XElement Tiles() => Html.Tiles(
        ("Received", ReportText.Of(receipt.Received)),
        (isDryRun ? "Would be written" : "Written", ReportText.Of(Counts[Outcome.Written] + Counts[Outcome.Updated])),
        ("Duplicates", ReportText.Of(Counts[Outcome.Duplicate])),
        (isDryRun ? "To quarantine" : "In quarantine", ReportText.Of(Counts[Outcome.Quarantined])),
        ("Messages a second", ReportText.Of(Counts.Settled / Math.Max(receipt.Elapsed.TotalSeconds, 0.001))));

    private XElement Outcomes() => Html.Section(isDryRun ? "What would have become of the messages" : "What became of the messages",
        Html.Panel(OutcomeTable.Of(Counts, isDryRun ? statistics.Outcomes.Settled : receipt.Received)),
        receipt.Balanced ? null : Html.Note("These do not add up to what was received."));

    private XElement OverTime()
    {
        var times = statistics.Times;
        var (slots, width) = (times.Slots, times.Width.TotalSeconds);
        var sum = slots.Aggregate(default(Slot), (all, next) => all.Plus(next));
        return Html.Section("Over time", slots.Count == 0
            ? [Html.Paragraph("No batch was written.")]
            : [Html.Paragraph(InWords(sum)), slots.Count < 2 ? null : Html.Cards(
                Draw($"Messages, each {ReportText.Seconds(width)}", s => (s.Settled, null), ReportText.Of),
                Draw("Time of a commit", s => (s.Commits.Mean, s.Commits.Longest), ReportText.Seconds),
                sum.Ages.Count == 0 ? null : Draw("From sending to its row", s => (s.Ages.Mean, s.Ages.Longest), ReportText.Seconds))]);

        XElement Draw(string title, Func<Slot, (double Value, double? Longest)> of, Func<double, string> format) => new Chart(
            title, [.. slots.Select((s, i) => new ChartBar(ReportText.Seconds(i * width), of(s).Value, of(s).Longest))], format)
        {
            Over = "After",
            Axis = (ReportText.Seconds(0), ReportText.Seconds(slots.Count * width / 2), ReportText.Seconds(slots.Count * width)),
        }.Draw();
    }

    private static string InWords(Slot sum) =>
        $"{ReportText.Of(sum.Settled, "message", "messages")} in {ReportText.Of(sum.Commits.Count, "batch", "batches")}. "
        + $"A commit took {ReportText.Seconds(sum.Commits.Mean)} on average, and {ReportText.Seconds(sum.Commits.Longest)} at most"
        + (sum.Ages.Count == 0 ? "." : $"; from sending to its row a login took {ReportText.Seconds(sum.Ages.Mean)} on average, and {ReportText.Seconds(sum.Ages.Longest)} at most.");

    private XElement Rejects()
    {
        var known = statistics.Rejects;
        // Delivered again while in quarantine, as rows that were refused before.
        var before = Math.Max(0, Counts[Outcome.Quarantined] - known.Total);
        return Html.Section("Rejects by reason", known.Total + before == 0
            ? Html.Paragraph("No message was rejected.")
            : known.Total == 0 ? Html.Paragraph($"{ReportText.Of(before, "message was", "messages were")} in quarantine before, and came again.")
            : (object?[])[Html.Panel(CountTable.OfValues("Reason (field)", "Messages", known)), before == 0 ? null : Html.Note($"Beside these {ReportText.Of(before, "message", "messages")} that were in quarantine before, and came again.")]);
    }

    private XElement Logins() => Html.Section($"Logins {Done}", statistics.Days.Total == 0
        ? Html.Paragraph("There is none.")
        : Html.Cards(
            Html.Card("By day", CountTable.OfDays(statistics.Days)),
            Html.Card("By device type", CountTable.OfValues("Device type", "Logins", statistics.DeviceTypes)),
            Html.Card("By app version", CountTable.OfValues("App version", "Logins", statistics.AppVersions)),
            Html.Card("By locale", CountTable.OfValues("Locale", "Logins", statistics.Locales))));

    private XElement Tokens() => Html.Section("Most repeated tokens",
        Html.Note($"Among the logins {Done}. The same token is the same value, under one key."),
        Html.Cards(Card("Addresses", statistics.Ips), Card("Devices", statistics.Devices)));

    private static XElement Card(string heading, TopTokens tokens)
    {
        var repeated = tokens.Repeated(MostTokens);
        return Html.Card(heading, repeated.Count == 0
            ? Html.Paragraph(tokens.IsExact ? "None came twice." : "None came twice for certain: there were more different tokens than are counted each for itself.")
            : (object?[])[
                Html.Of("table", Html.Is("class", "tokens"),
                    Html.Of("thead", Html.Of("tr", Html.Of("th", Html.Is("scope", "col"), "Token"), Html.Of("th", Html.Is("scope", "col"), Html.Is("class", "number"), "Logins"))),
                    Html.Of("tbody", repeated.Select(t => Html.Of("tr",
                        Html.Of("th", Html.Is("scope", "row"), Html.Of("code", t.Token)),
                        Html.Of("td", Html.Is("class", "number"), t.Least == t.Most ? ReportText.Of(t.Most) : $"{ReportText.Of(t.Least)} to {ReportText.Of(t.Most)}"))))),
                repeated.All(t => t.Least == t.Most) ? null : Html.Note("There were more different tokens than are counted each for itself: where two numbers stand, the count is between them."),
            ]);
    }
}
