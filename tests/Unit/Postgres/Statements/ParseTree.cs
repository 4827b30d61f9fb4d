using System.Globalization;
using System.Text;

namespace LoginEtl.Unit.Postgres.Statements;

/// <summary>A node of a parse tree, as <c>debug_print_parse</c> writes it: {TYPE :field value …}.</summary>
internal sealed class ParseTree
{
    private readonly Dictionary<string, List<object>> _fields = [];

    private ParseTree(string type) => Type = type;

    /// <summary>As OPEXPR.</summary>
    public string Type { get; }

    /// <summary>Reads a tree.</summary>
    public static ParseTree Parse(string text)
    {
        var tokens = Tokens(text).ToList();
        var at = 0;
        return (ParseTree)ReadValue(tokens, ref at);
    }

    /// <summary>It, and all below it.</summary>
    public IEnumerable<ParseTree> All() => _fields.Values.SelectMany(v => v).SelectMany(Nodes).SelectMany(n => n.All()).Prepend(this);

    /// <summary>A field of one number; -1 where there is none.</summary>
    public long Number(string field) =>
        _fields.TryGetValue(field, out var values) && values is [string text, ..] && long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : -1;

    /// <summary>The nodes of a field.</summary>
    public List<ParseTree> Of(string field) => _fields.TryGetValue(field, out var values) ? [.. values.SelectMany(Nodes)] : [];

    /// <summary>The numbers of a field that is a list of OIDs: (o 1 2).</summary>
    public List<long> Oids(string field) => _fields.TryGetValue(field, out var values) && values is [List<object> list]
        ? [.. list.OfType<string>().Skip(1).Select(t => long.Parse(t, CultureInfo.InvariantCulture))] : [];

    private static IEnumerable<ParseTree> Nodes(object value) => value switch
    {
        ParseTree node => [node],
        List<object> list => list.SelectMany(Nodes),
        _ => [],
    };

    private static object ReadValue(List<string> tokens, ref int at)
    {
        var token = tokens[at++];
        if (token == "{")
        {
            var node = new ParseTree(tokens[at++]);
            List<object>? field = null;
            while (tokens[at] != "}")
            {
                if (tokens[at] is [':', _, ..])
                {
                    field = node._fields[tokens[at++][1..]] = [];
                }
                else if (field is null)
                {
                    at++;
                }
                else
                {
                    field.Add(ReadValue(tokens, ref at));
                }
            }

            at++;
            return node;
        }

        if (token != "(")
        {
            return token;
        }

        var list = new List<object>();
        while (tokens[at] != ")")
        {
            list.Add(ReadValue(tokens, ref at));
        }

        at++;
        return list;
    }

    // A backslash takes the sign behind it as it is.
    private static IEnumerable<string> Tokens(string text)
    {
        var token = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '{' or '}' or '(' or ')' || char.IsWhiteSpace(c))
            {
                if (token.Length > 0)
                {
                    yield return $"{token}";
                    token.Clear();
                }

                if (!char.IsWhiteSpace(c))
                {
                    yield return $"{c}";
                }
            }
            else if (c == '\\' && i + 1 < text.Length)
            {
                // Marked, so that it is no brace of the tree's.
                token.Append('\\').Append(text[++i]);
            }
            else
            {
                token.Append(c);
            }
        }
    }
}
