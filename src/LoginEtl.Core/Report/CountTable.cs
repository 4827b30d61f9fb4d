using System.Globalization;
using System.Xml.Linq;

namespace LoginEtl.Report;

/// <summary>A row of counts.</summary>
internal readonly record struct CountRow(string Name, long Count)
{
    /// <summary>The name is a word of ours, and no value.</summary>
    public bool IsOurs { get; init; }

    /// <summary>It is several values together: no bar, beside which those of one would be short.</summary>
    public bool IsSum { get; init; }
}

/// <summary>Counts as a table, each with a bar below its name: the table is its own chart, on any width.</summary>
internal static class CountTable
{
    // As many as are looked at; the others stand in one row.
    private const int MostRows = 12;
    private const int MostDays = 31;

    /// <summary>A table.</summary>
    /// <param name="head">What is counted by.</param>
    /// <param name="counted">What is counted.</param>
    /// <param name="of">All of them, for shares; null for none.</param>
    /// <param name="rows">In their order.</param>
    public static XElement Of(string head, string counted, long? of, IReadOnlyList<CountRow> rows)
    {
        var longest = rows.Where(r => !r.IsSum).Max(r => (long?)r.Count) ?? 0;
        return Html.Of("table", Html.Is("class", "counts"),
            Html.Of("thead", Html.Of("tr", Head(head, isNumber: false), Head(counted, isNumber: true), of is null ? null : Head("Share", isNumber: true))),
            Html.Of("tbody", rows.Select(row => Html.Of("tr",
                Html.Of("th", Html.Is("scope", "row"), Html.Of("span", Html.Is("class", row.IsOurs ? "name ours" : "name"), row.Name), row.IsSum ? null : Bar(row.Count, Math.Max(1, longest))),
                Number(ReportText.Of(row.Count)),
                of is { } all ? Number(ReportText.Share(row.Count, all)) : null))));
    }

    /// <summary>The most frequent values, and the others in one row.</summary>
    public static XElement OfValues(string head, string counted, ValueCounts values)
    {
        var all = values.Counts.Select(c => new CountRow(NameOf(c.Key), c.Value) { IsOurs = c.Key.Length == 0 })
            .Append(new CountRow("not given", values.Missing) { IsOurs = true }).Where(c => c.Count > 0)
            .OrderByDescending(c => c.Count).ThenBy(c => c.Name, StringComparer.Ordinal).ToList();
        return WithOthers(head, counted, values, all, MostRows, "others");
    }

    /// <summary>The latest days in their order, and those before in one row.</summary>
    public static XElement OfDays(ValueCounts days)
    {
        var all = days.Counts.Select(c => new CountRow(c.Key, c.Value)).OrderByDescending(c => c.Name, StringComparer.Ordinal).ToList();
        return WithOthers("Day (UTC), the latest first", "Logins", days, all, MostDays, "other days");
    }

    private static XElement WithOthers(string head, string counted, ValueCounts values, List<CountRow> all, int most, string others)
    {
        var shown = all.Take(all.Count <= most + 1 ? all.Count : most).ToList();
        var rest = all.Skip(shown.Count).Sum(c => c.Count) + values.Others;
        var different = all.Count - shown.Count;
        if (rest > 0)
        {
            var many = values.Others > 0 ? $"more than {ReportText.Of(different)}" : ReportText.Of(different);
            shown.Add(new CountRow($"{others} ({many})", rest) { IsOurs = true, IsSum = true });
        }

        return Of(head, counted, values.Total, shown);
    }

    private static string NameOf(string text) => text.Length == 0 ? "an empty text" : string.IsNullOrWhiteSpace(text) ? $"'{text}'" : text;

    private static XElement Head(string text, bool isNumber) => Html.Of("th", Html.Is("scope", "col"), isNumber ? Html.Is("class", "number") : null, text);

    private static XElement Number(string text) => Html.Of("td", Html.Is("class", "number"), text);

    private static XElement Bar(long count, long longest) => Html.Of("span", Html.Is("class", "track"),
        Html.Of("span", Html.Is("class", "bar"), Html.Is("style", string.Create(CultureInfo.InvariantCulture, $"width: {100.0 * count / longest:0.##}%"))));
}
