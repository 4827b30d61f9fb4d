using System.Globalization;

namespace LoginEtl.Sandbox.Demo;

/// <summary>A table for a terminal: columns as wide as their widest value, long values shortened in the middle.</summary>
internal sealed class TextTable(string[] columns, int widestValue)
{
    private const int TailLength = 8;
    private readonly List<string[]> _rows = [];

    public int RowCount => _rows.Count;

    public void Add(object[] values) => _rows.Add([.. values.Select(Text)]);

    /// <summary>Each line of the table, headings first.</summary>
    public IEnumerable<string> Lines()
    {
        int[] widths = [.. columns.Select((name, column) => _rows.Select(row => row[column].Length).Append(name.Length).Max())];
        string[] rule = [.. widths.Select(width => new string('-', width))];
        return _rows.Prepend(rule).Prepend(columns).Select(row =>
            string.Join("  ", row.Select((value, column) => value.PadRight(widths[column]))).TrimEnd());
    }

    private string Text(object value) => value switch
    {
        DBNull => "NULL",
        DateTime date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => Shortened(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
    };

    private string Shortened(string text) => text.Length <= widestValue
        ? text
        : $"{text[..(widestValue - TailLength - 1)]}…{text[^TailLength..]}";
}
