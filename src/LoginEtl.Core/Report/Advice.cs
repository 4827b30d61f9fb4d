using System.Xml.Linq;
using LoginEtl.History;
using LoginEtl.Run;

namespace LoginEtl.Report;

/// <summary>What to do about what went wrong.</summary>
internal static class Advice
{
    /// <summary>Of one run.</summary>
    public static XElement Of(Receipt receipt, RunCounts wouldBe, bool isDryRun)
    {
        var fault = receipt.GetFault();
        return List(
        [
            .. fault is null ? [] : new[] { Failure(fault.Id, $"{fault.Message} {fault.Remedy}") },
            .. receipt.Outcome == RunState.Stopped ? new[] { Item("Stopped", "What was not written is in the queue: run again.") } : [],
            .. receipt.Ended == EndReason.DrainTimeout ? new[] { Item("The queue was not seen empty", "Other consumers held messages for longer than `Invoke-LoginEtl -DrainTimeout`. The next run takes what comes back.") } : [],
            .. isDryRun ? OfDryRun(wouldBe) : OfCounts(receipt.Counts, receipt.SuppressedAccepted),
            .. receipt.Balanced ? [] : new[] { Item("The books do not balance", "Received is not the sum of the outcomes. Please report it: it is a fault of LoginEtl.") },
        ]);
    }

    /// <summary>Of many.</summary>
    public static XElement Of(IReadOnlyList<ReportedRun> runs, RunCounts sum)
    {
        var lost = runs.Count(r => r.State == LoginRunState.Lost);
        return List(
        [
            .. runs.Where(r => r.ErrorId is not null).GroupBy(r => r.ErrorId!).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => Failure(g.Key, $"{ReportText.Of(g.Count(), "run", "runs")}, the last one at {ReportText.Time(g.Max(r => r.StartedAt))}. {g.MaxBy(r => r.StartedAt)!.Receipt?.Error ?? "docs/errors.md says what it means."}")),
            .. lost > 0 ? new[] { Item($"{ReportText.Of(lost, "run was", "runs were")} lost", "Killed, or without the database at the end. Their rows stand, and what they did not write is in the queue: see what killed them.") } : [],
            .. OfCounts(sum, sum.SuppressedAccepted),
        ]);
    }

    private static IEnumerable<XElement> OfDryRun(RunCounts counts)
    {
        if (counts[Outcome.Quarantined] is > 0 and var rejects)
        {
            yield return Item($"{Messages(rejects)} would go to quarantine", "The reasons are below. What stands there loses nothing, and can be written later.");
        }

        if (counts[Outcome.Suppressed] is > 0 and var suppressed)
        {
            yield return Item($"{ReportText.Of(suppressed, "row", "rows")} would be kept out of the table", Triggers);
        }
    }

    private const string Triggers = "A trigger keeps them out, or routes them elsewhere. If that is as it should be, say so with `Invoke-LoginEtl -OnSuppressed Accept`; else change the trigger (docs/table.md).";

    // In the order in which they are to be looked at.
    private static IEnumerable<XElement> OfCounts(RunCounts counts, bool suppressedAccepted) =>
        new (long Count, string One, string Several, string What)[]
        {
            (counts[Outcome.Unknown], "message may or may not be written", "messages may or may not be written", "The answer to their commit was lost. They come again, and make no second row: run again."),
            (counts[BesideOutcomes.NotHeld], "record came too late", "records came too late", "Their messages were not held any more, because their pipeline had ended, and come again. Receive, protect and write in one pipeline."),
            (counts[Outcome.Quarantined], "message is in quarantine", "messages are in quarantine", "`Get-LoginQuarantine` shows why. Once they can be written, `Restore-LoginQuarantine` writes them; what is nobody's login is dismissed with `Remove-LoginQuarantine` (docs/quarantine.md)."),
            (counts[BesideOutcomes.HeldGroups], "group of a FIFO queue was held", "groups of a FIFO queue were held", "A bad message and what follows it went back to the queue; warnings of the run name it. Give the queue a redrive policy, which moves it away (docs/messages.md)."),
            (suppressedAccepted ? 0 : counts[Outcome.Suppressed], "row was kept out of the table", "rows were kept out of the table", Triggers),
            (counts[Outcome.Lapsed], "lease ran out", "leases ran out", "They come again: written ones as duplicates. If it goes on, look at the check `Visibility timeout` of `Test-LoginEtl`, and at processors that are full."),
            (counts[BesideOutcomes.Undeleted], "message was settled and not deleted", "messages were settled and not deleted", "They come again as duplicates. If it goes on, look at the rights of the host to delete from the queue (docs/security.md)."),
            (counts[Outcome.Returned], "message went back to the queue", "messages went back to the queue", "The next run takes them."),
            (counts[BesideOutcomes.NotAnAddress], "row has an ip that is no address", "rows have an ip that is no address", "It is masked as the text that it is, so one address may have several tokens. Behind proxies `Invoke-LoginEtl -IpForm Forwarded` takes the first address of a list; give it on all hosts (docs/keys.md)."),
            (RunCounts.PiiKinds.Sum(k => counts[k.Kind]), "field that is not masked holds personal data", "fields that are not masked hold personal data", "An IP address, an e-mail address or a phone number stands in clear in the table, in the columns that the receipt counts (`PiiUserId`, …). Tell who sends it; `Invoke-LoginEtl -OnPiiFound Quarantine` keeps it out (docs/security.md)."),
        }.Where(a => a.Count > 0).Select(a => Item(ReportText.Of(a.Count, a.One, a.Several), a.What));

    private static XElement List(IReadOnlyList<XElement> items) => Html.Section("What to do", items.Count == 0
        ? Html.Paragraph("Nothing: all is well.")
        : Html.Of("ul", Html.Is("class", "advice"), items));

    private static string Messages(long count) => ReportText.Of(count, "message", "messages");

    private static XElement Failure(string id, string what) => Html.Of("li", Html.Is("class", "bad"), Html.Of("strong", $"{id}."), " ", Html.Words(what));

    private static XElement Item(string what, string remedy) => Html.Of("li", Html.Of("strong", $"{what}."), " ", Html.Prose(remedy));
}
