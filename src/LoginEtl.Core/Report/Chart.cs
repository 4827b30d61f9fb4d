using System.Globalization;
using System.Xml.Linq;

namespace LoginEtl.Report;

/// <summary>A bar of a chart.</summary>
/// <param name="Label">When it was.</param>
/// <param name="Value">How high it is.</param>
/// <param name="Longest">Of times, the longest beside their mean; null of what is counted.</param>
internal readonly record struct ChartBar(string Label, double Value, double? Longest = null);

/// <summary>
/// Bars over time. What is drawn is stretched to any width, so what is written stands beside it, and the numbers below it.
/// </summary>
/// <param name="title">What is shown.</param>
/// <param name="bars">In their order.</param>
/// <param name="format">How a number is written.</param>
internal sealed class Chart(string title, IReadOnlyList<ChartBar> bars, Func<double, string> format)
{
    private const int Height = 100;
    private const int Step = 10;
    private const double Gap = 1.5;
    private static readonly double[] Tops = [1, 2, 5, 10];

    /// <summary>What the bars are by, as a column of the table is called.</summary>
    public required string Over { get; init; }

    /// <summary>What stands below the first bar, the middle and the last.</summary>
    public required (string First, string Middle, string Last) Axis { get; init; }

    /// <summary>The chart, and a table of the same.</summary>
    public XElement Draw()
    {
        var highest = bars.Max(b => Math.Max(b.Value, b.Longest ?? 0));
        var top = TopOf(highest);
        var hasLongest = bars.Any(b => b.Longest is not null);
        var values = hasLongest ? "mean " : "";
        return Html.Of("figure", Html.Is("class", "card chart"),
            Html.Of("figcaption", Html.Of("h3", title), hasLongest
                ? Html.Of("p", Html.Is("class", "note legend"), Html.Of("span", Html.Is("class", "key"), ""), "mean ", Html.Of("span", Html.Is("class", "key pale"), ""), "longest") : null),
            Html.Of("div", Html.Is("class", "plot"), Html.Is("style", string.Create(CultureInfo.InvariantCulture, $"max-width: {bars.Count * 4}rem")),
                Html.Of("span", Html.Is("class", "top"), Html.Is("aria-hidden", "true"), format(top)),
                Html.Of("svg", Html.Is("viewBox", $"0 0 {bars.Count * Step} {Height}"), Html.Is("preserveAspectRatio", "none"), Html.Is("role", "img"),
                    Html.Is("aria-label", $"{title}: {bars.Count} bars, {values}at most {format(bars.Max(b => b.Value))}{(hasLongest ? $", longest {format(highest)}" : "")}. The numbers are in the table below."),
                    new[] { 0, Height / 2, Height }.Select(Line),
                    hasLongest ? bars.Select((b, i) => Bar(i, b.Longest ?? 0, top, "pale")) : null,
                    bars.Select((b, i) => Bar(i, b.Value, top, "full"))),
                Html.Of("div", Html.Is("class", "axis"), Html.Is("aria-hidden", "true"), new[] { Axis.First, Axis.Middle, Axis.Last }.Select(a => Html.Of("span", a)))),
            Html.Of("details", Html.Of("summary", $"{title}: numbers"), Html.Table(
                $"{title}: numbers", hasLongest ? [Over, "#Mean", "#Longest"] : [Over, "#Number"],
                bars.Select(b => hasLongest ? (string[])[b.Label, format(b.Value), format(b.Longest ?? 0)] : [b.Label, format(b.Value)]), isLow: true)));
    }

    private static XElement? Bar(int place, double value, double top, string kind)
    {
        var height = value / top * Height;
        // One that is there is to be seen.
        return value <= 0 ? null : Rect(place, Math.Max(height, 1), kind);
    }

    private static XElement Rect(int place, double height, string kind) => Html.Of("rect", Html.Is("class", kind),
        Html.Is("x", Number((place * Step) + (Gap / 2))), Html.Is("y", Number(Height - height)), Html.Is("width", Number(Step - Gap)), Html.Is("height", Number(height)));

    private static XElement Line(int y) => Html.Of("line", Html.Is("x1", "0"), Html.Is("x2", "100%"), Html.Is("y1", $"{y}"), Html.Is("y2", $"{y}"));

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    // 1, 2, 5, 10, 20, 50, …
    private static double TopOf(double highest)
    {
        if (highest <= 0)
        {
            return 1;
        }

        var ten = Math.Pow(10, Math.Floor(Math.Log10(highest)));
        return Tops.Select(f => f * ten).First(t => t >= highest * 0.999999);
    }
}
