using System.Xml.Linq;
using LoginEtl.Run;

namespace LoginEtl.Report;

/// <summary>
/// Runs as one HTML page that needs nothing beside it: no script, no network, light and dark, on a phone as on a screen. It holds
/// tokens and counts, no personal data. What others wrote, as device types are, is encoded and made plain.
/// </summary>
public static class ReportPage
{
    /// <summary>The page of one run.</summary>
    /// <param name="receipt">How it ended.</param>
    /// <param name="statistics">What its batches came to.</param>
    /// <param name="isDryRun">Nothing was written.</param>
    public static string Of(Receipt receipt, RunStatistics statistics, bool isDryRun = false)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        ArgumentNullException.ThrowIfNull(statistics);
        return statistics.Read(s => Write($"Run of {(receipt.Source.Length == 0 ? "LoginEtl" : receipt.Source)}", new RunContent(receipt, s, isDryRun).Parts()));
    }

    /// <summary>The page of many runs.</summary>
    /// <param name="runs">In any order.</param>
    /// <param name="title">Of the page; null for the usual one.</param>
    public static string Of(IReadOnlyList<ReportedRun> runs, string? title = null)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Write(title ?? "Runs of LoginEtl", new RunsContent([.. runs.OrderBy(r => r.StartedAt)]).Parts());
    }

    private static string Write(string title, IEnumerable<XElement> parts)
    {
        var page = Html.Of("html", Html.Is("lang", "en"),
            Html.Of("head",
                Html.Of("meta", Html.Is("charset", "utf-8")),
                Html.Of("meta", Html.Is("name", "viewport"), Html.Is("content", "width=device-width, initial-scale=1")),
                // Whatever a text on it might be taken for: nothing is run, and nothing is fetched.
                Html.Of("meta", Html.Is("http-equiv", "Content-Security-Policy"), Html.Is("content", "default-src 'none'; style-src 'unsafe-inline'")),
                Html.Of("meta", Html.Is("name", "referrer"), Html.Is("content", "no-referrer")),
                Html.Of("title", title),
                new XElement("style", PageStyle.Text)),
            Html.Of("body",
                Html.Of("main", Html.Of("h1", title), parts),
                Html.Of("footer", Html.Note(
                    $"Made by LoginEtl {ProgramVersion.Text} at {ReportText.Time(DateTimeOffset.UtcNow)}. Addresses and devices stand here as tokens alone, and users not at all."))));
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }
}
