using System.Globalization;
using System.Text;

namespace LoginEtl.Aws.Protocols;

/// <summary>A request of the Query protocol: <c>Action=…&amp;Version=2012-11-05&amp;…</c>, lists numbered from 1.</summary>
internal sealed class QueryForm
{
    // SQS API reference, the only version there has been since.
    private const string Version = "2012-11-05";

    private readonly StringBuilder _text;

    public QueryForm(string action) => _text = new StringBuilder($"Action={action}&Version={Version}");

    /// <summary>Adds a parameter; a null is left out.</summary>
    public QueryForm Add(string name, string? value)
    {
        if (value is not null)
        {
            _text.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return this;
    }

    /// <inheritdoc cref="Add(string, string?)"/>
    public QueryForm Add(string name, int? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds <c>name.1</c>, <c>name.2</c>, …; a null is left out.</summary>
    public QueryForm AddList(string name, IEnumerable<string>? values) =>
        AddEntries(name, values ?? [], (form, prefix, value) => form.Add(prefix, value));

    /// <summary>Adds entries of several parameters each, whose prefix is <c>name.1</c>, <c>name.2</c>, …</summary>
    public QueryForm AddEntries<T>(string name, IEnumerable<T> entries, Action<QueryForm, string, T> add)
    {
        var number = 0;
        foreach (var entry in entries)
        {
            add(this, string.Create(CultureInfo.InvariantCulture, $"{name}.{++number}"), entry);
        }

        return this;
    }

    /// <summary>The form's bytes; escaped, it is ASCII.</summary>
    public byte[] ToBytes() => Encoding.ASCII.GetBytes(_text.ToString());
}
