using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace LoginEtl.Postgres.Connections;

/// <summary>
/// Reads <c>host=db.example user=etl password='a b'</c> as libpq does. No error quotes any part of the text.
/// </summary>
/// <remarks>https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE</remarks>
internal static partial class ConnectionKeywords
{
    /// <summary>The settings; null where the text is not of this form.</summary>
    /// <exception cref="LoginEtl.Faults.LoginEtlException">A keyword that is not known, or a value that is not understood.</exception>
    public static NpgsqlConnectionStringBuilder? Parse(string text)
    {
        if (Read(text) is not { } pairs || !pairs.Exists(p => ConnectionUriParameters.IsKnown(p.Name)))
        {
            return null;
        }

        var builder = new NpgsqlConnectionStringBuilder();
        foreach (var ((name, value), number) in pairs.Select((p, i) => (p, i + 1)))
        {
            if (name != "port" || !value.Contains(',', StringComparison.Ordinal))
            {
                ConnectionUriParameters.Apply(builder, name, value, number);
            }
        }

        if (pairs.FindLast(p => p.Name == "port").Value is { } ports && ports.Contains(',', StringComparison.Ordinal))
        {
            builder.Host = WithPorts(builder.Host ?? "", ports);
        }

        return builder;
    }

    // One port a host, in their order; an empty one is the default.
    private static string WithPorts(string hosts, string ports)
    {
        var (names, numbers) = (hosts.Split(','), ports.Split(','));
        return names.Length == numbers.Length
            ? ConnectionUri.List(names.Zip(numbers, (name, number) => (name, number.Length == 0 ? (int?)null : Port(number))))
            : throw ConnectionUri.Malformed("there are not as many ports as hosts");
    }

    private static int Port(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
        ? port
        : throw ConnectionUri.Malformed("the parameter port has a value that is not understood");

    // Keywords, blanks, '=', blanks, a value, blanks; null where it is anything else, Npgsql's pairs with ';' among it.
    private static List<(string Name, string Value)>? Read(string text)
    {
        var pairs = new List<(string, string)>();
        var at = 0;
        while (true)
        {
            SkipBlanks(text, ref at);
            if (at == text.Length)
            {
                return pairs.Count > 0 ? pairs : null;
            }

            var from = at;
            while (at < text.Length && (char.IsAsciiLetterLower(text[at]) || text[at] == '_'))
            {
                at++;
            }

            var name = text[from..at];
            SkipBlanks(text, ref at);
            if (name.Length == 0 || at == text.Length || text[at++] != '=')
            {
                return null;
            }

            SkipBlanks(text, ref at);
            var isQuoted = at < text.Length && text[at] == '\'';
            if (Value(text, ref at) is not { } value || (!isQuoted && NextPair().IsMatch(value)))
            {
                return null;
            }

            pairs.Add((name, value));
        }
    }

    // A backslash stands before what is meant as it is; null where a quote has no end.
    private static string? Value(string text, ref int at)
    {
        var isQuoted = at < text.Length && text[at] == '\'';
        var value = new StringBuilder();
        for (at += isQuoted ? 1 : 0; at < text.Length; at++)
        {
            if (isQuoted ? text[at] == '\'' : char.IsWhiteSpace(text[at]))
            {
                at += isQuoted ? 1 : 0;
                return value.ToString();
            }

            if (text[at] == '\\' && ++at == text.Length)
            {
                break;
            }

            value.Append(text[at]);
        }

        return isQuoted ? null : value.ToString();
    }

    private static void SkipBlanks(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }

    // Npgsql's pairs, whose last ';' may be the end.
    [GeneratedRegex(@";(?:\s*\w[\w ]*=|\z)")]
    private static partial Regex NextPair();
}
