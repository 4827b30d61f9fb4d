using System.Xml.Linq;

namespace LoginEtl.Report;

/// <summary>
/// Elements of a page. It is a tree that writes itself, so no text gets into it but encoded, and what it writes is HTML and XML alike.
/// </summary>
internal static class Html
{
    // Longer ones may be wider than a phone.
    private const int LongestWhole = 24;

    /// <summary>An element; text in it is made plain. Null is nothing.</summary>
    public static XElement Of(string name, params object?[] content)
    {
        var element = new XElement(name, content.Select(c => c is string text ? ReportText.Plain(text) : c));
        // HTML knows <meta/> and its like alone as empty: <span/> would not end.
        if (element.IsEmpty && name is not ("meta" or "rect" or "line"))
        {
            element.Value = "";
        }

        return element;
    }

    /// <summary>An attribute; its text is made plain.</summary>
    public static XAttribute Is(string name, string value) => new(name, ReportText.Plain(value));

    /// <summary>A sentence of ours, in which `this` is code.</summary>
    public static IEnumerable<object> Prose(string text) => text.Split('`').SelectMany((part, i) => i % 2 == 0 ? [ReportText.Plain(part)] : Code(part));

    /// <summary>An error's own words, which have quotes of any kind: no code in them, but names that stay whole.</summary>
    public static IEnumerable<object> Words(string text) => text.Split(' ').SelectMany((word, i) =>
        (object[])[i == 0 ? "" : " ", word.Contains('-', StringComparison.Ordinal) && word.Length <= LongestWhole ? Of("span", Is("class", "whole"), word) : ReportText.Plain(word)]);

    /// <summary>A paragraph of ours, in which `this` is code.</summary>
    public static XElement Paragraph(string text) => Of("p", Prose(text));

    /// <summary>The same, smaller.</summary>
    public static XElement Note(string text) => Of("p", Is("class", "note"), Prose(text));

    /// <summary>A part of the page under its heading.</summary>
    public static XElement Section(string heading, params object?[] content) => Of("section", Of("h2", heading), content);

    /// <summary>A part of a part.</summary>
    public static XElement Card(string heading, params object?[] content) => Of("section", Is("class", "card"), Of("h3", heading), content);

    /// <summary>What stands out from the page, without a heading of its own.</summary>
    public static XElement Panel(XElement content) => Of("div", Is("class", "card"), content);

    /// <summary>Parts side by side where there is room.</summary>
    public static XElement Cards(params object?[] cards) => Of("div", Is("class", "cards"), cards);

    /// <summary>A few numbers that are seen first.</summary>
    public static XElement Tiles(params IEnumerable<(string Name, string Value)> tiles) =>
        Of("dl", Is("class", "tiles"), tiles.Select(t => Of("div", Of("dt", t.Name), Of("dd", t.Value))));

    /// <summary>A table that may be wider than a phone: it is moved by itself, by keyboard too.</summary>
    /// <param name="name">Of the table, for those who do not see it.</param>
    /// <param name="heads">Of the columns; the first is text and names its row, the others are aligned as numbers where they begin with #.</param>
    /// <param name="rows">Their cells.</param>
    /// <param name="isLow">It takes little room, and is moved up and down, too.</param>
    public static XElement Table(string name, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows, bool isLow) =>
        Of("div", Is("class", isLow ? "scroll low" : "scroll"), Is("role", "region"), Is("aria-label", name), Is("tabindex", "0"),
            Of("table",
                Of("thead", Of("tr", heads.Select(h => Of("th", Is("scope", "col"), h[0] == '#' ? Is("class", "number") : null, h.TrimStart('#'))))),
                Of("tbody", rows.Select(row => Of("tr", row.Select((cell, i) => i == 0
                    ? Of("th", Is("scope", "row"), cell)
                    : Of("td", heads[i][0] == '#' ? Is("class", "number") : null, cell)))))));

    // Word by word, each of which stays whole: a line that ends in the hyphen of -Name reads as another text.
    private static IEnumerable<object> Code(string text) => text.Split(' ').SelectMany((word, i) => i == 0 ? (object[])[Of("code", word)] : [" ", Of("code", word)]);
}
