using System.Text;
using System.Text.RegularExpressions;

namespace LoginEtl.Unit.Postgres.Statements;

/// <summary>A statement, or an expression of a block, with the parse tree that the server made of it.</summary>
/// <param name="Text">In UTF-8, for the places in the tree are bytes.</param>
/// <param name="Tree">Its root.</param>
internal sealed partial record LoggedStatement(byte[] Text, ParseTree Tree)
{
    /// <summary>The server's log_line_prefix.</summary>
    public const string Prefix = "%d|%a|";

    private const string OfRuns = "LoginEtl";

    /// <summary>What runs sent to a database, each once.</summary>
    public static IReadOnlyList<LoggedStatement> Read(string log, string database)
    {
        var (found, seen) = (new List<LoggedStatement>(), new HashSet<string>());
        string? tree = null, context = null;
        foreach (var (level, text) in Lines(log, $"{database}|{OfRuns}|"))
        {
            switch (level)
            {
                case "LOG":
                    (tree, context) = (null, null);
                    break;
                case "DETAIL":
                    tree = text;
                    break;
                case "CONTEXT":
                    context = text;
                    break;
                case "STATEMENT" when tree?.TrimStart().StartsWith("{QUERY", StringComparison.Ordinal) == true && TextOf(context, text) is { } own:
                    // Of several in one text each has a tree of its own.
                    if (seen.Add(own.Contains(';', StringComparison.Ordinal) ? own + tree : own))
                    {
                        found.Add(new LoggedStatement(Encoding.UTF8.GetBytes(own), ParseTree.Parse(tree)));
                    }

                    break;
            }
        }

        return found;
    }

    /// <summary>The text from a place on; empty where there is no place.</summary>
    public string From(long place, int most = 100) =>
        place < 0 || place >= Text.Length ? "" : Encoding.UTF8.GetString(Text, (int)place, (int)Math.Min(most, Text.Length - place));

    /// <summary>The text before a place.</summary>
    public string Until(long place) => Encoding.UTF8.GetString(Text, 0, (int)Math.Clamp(place, 0, Text.Length));

    // A block's own statements come with the block as what the client sent, and with themselves as the context. The functions
    // that delete what is old, and the guess at bad rows, are parsed under a search path without strangers; HostileFunctionTests has traps for
    // them. The system's functions were parsed when they were made.
    private static string? TextOf(string? context, string statement)
    {
        if (context is null)
        {
            return statement;
        }

        var inner = Inner().Match(context);
        var isSafe = context.StartsWith("SQL function ", StringComparison.Ordinal) || context.Contains("login_etl_prune(integer) line ", StringComparison.Ordinal) || context.Contains("login_etl_retain(integer) line ", StringComparison.Ordinal)
            || inner.Groups["text"].Value.Contains("SELECT login_etl_place::int AS place", StringComparison.Ordinal);
        return isSafe ? null
            : inner.Success ? inner.Groups["text"].Value
            : throw new InvalidOperationException($"A statement of unknown origin: {context}");
    }

    // Lines of one message beyond the first begin with a tab.
    private static IEnumerable<(string Level, string Text)> Lines(string log, string prefix)
    {
        foreach (var entry in log.Replace("\n\t", "\u0001", StringComparison.Ordinal).Split('\n').Where(l => l.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var line = entry[prefix.Length..];
            var colon = line.IndexOf(":  ", StringComparison.Ordinal);
            if (colon > 0)
            {
                yield return (line[..colon], line[(colon + 3)..].Replace('\u0001', '\n'));
            }
        }
    }

    [GeneratedRegex("""^(?:SQL|PL/pgSQL) (?:statement|expression|assignment) "(?<text>.*?)"(?:\nPL/pgSQL function .*)?$""", RegexOptions.Singleline)]
    private static partial Regex Inner();
}
