using System.Buffers;
using System.Globalization;
using System.Text;

namespace LoginEtl.Postgres.Writing;

/// <summary>A column of rows as the text of a PostgreSQL array.</summary>
/// <remarks>https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO</remarks>
internal static class ArrayText
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create("\"\\");

    /// <summary>The values at one place of every row.</summary>
    public static string Of(IReadOnlyList<BatchItem> rows, int place)
    {
        var text = new StringBuilder("{");
        for (var i = 0; i < rows.Count; i++)
        {
            text.Append(i == 0 ? "" : ",");
            Append(text, rows[i].Row![place]);
        }

        return text.Append('}').ToString();
    }

    private static void Append(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                text.Append("NULL");
                break;
            case string characters:
                AppendQuoted(text, characters);
                break;
            case DateOnly day:
                text.Append(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd}");
                break;
            case DateTime { Kind: DateTimeKind.Utc } instant:
                text.Append(CultureInfo.InvariantCulture, $"{instant:yyyy-MM-dd}T00:00:00Z");
                break;
            case DateTime midnight:
                text.Append(CultureInfo.InvariantCulture, $"{midnight:yyyy-MM-dd}");
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
        }
    }

    private static void AppendQuoted(StringBuilder text, ReadOnlySpan<char> value)
    {
        text.Append('"');
        while (value.IndexOfAny(Escaped) is >= 0 and var at)
        {
            text.Append(value[..at]).Append('\\').Append(value[at]);
            value = value[(at + 1)..];
        }

        text.Append(value).Append('"');
    }
}
