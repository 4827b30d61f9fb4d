using LoginEtl.Export;
using Npgsql;

namespace LoginEtl.Postgres.Export;

/// <summary>Rows column by column.</summary>
internal sealed class ExportBlock(int rows)
{
    // Few different ones come over and over.
    private readonly Dictionary<string, string> _common = new(StringComparer.Ordinal);

    private Array[] _columns = Empty(rows);
    private int _filled;

    private const int MostCommon = 4096;

    /// <summary>Takes no more.</summary>
    public bool IsFull => _filled == rows;

    /// <summary>Has nothing.</summary>
    public bool IsEmpty => _filled == 0;

    /// <summary>Adds the row that the reader is at.</summary>
    public void Add(NpgsqlDataReader row)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            if (row.IsDBNull(i))
            {
                continue;
            }

            switch (_columns[i])
            {
                case string?[] texts:
                    texts[_filled] = Common(row.GetString(i));
                    break;
                case DateOnly?[] days:
                    days[_filled] = row.GetFieldValue<DateOnly>(i);
                    break;
                case long?[] numbers:
                    numbers[_filled] = row.GetInt64(i);
                    break;
            }
        }

        _filled++;
    }

    /// <summary>What was added; begins anew.</summary>
    public IReadOnlyList<Array> Take()
    {
        var taken = IsFull ? _columns : [.. _columns.Select(Cut)];
        (_columns, _filled) = (Empty(rows), 0);
        return taken;
    }

    private string Common(string text)
    {
        if (_common.TryGetValue(text, out var known))
        {
            return known;
        }

        if (_common.Count < MostCommon)
        {
            _common.Add(text, text);
        }

        return text;
    }

    private Array Cut(Array column)
    {
        var cut = Array.CreateInstance(column.GetType().GetElementType()!, _filled);
        Array.Copy(column, cut, _filled);
        return cut;
    }

    private static Array[] Empty(int rows) => [.. ExportColumn.All.Select(c => c.Kind switch
    {
        ExportKind.Day => new DateOnly?[rows],
        ExportKind.Number => (Array)new long?[rows],
        _ => new string?[rows],
    })];
}
