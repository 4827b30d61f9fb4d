using System.Text.RegularExpressions;

namespace LoginEtl.PowerShell.Output;

/// <summary>Something that Initialize-LoginDatabase has made in a database.</summary>
/// <param name="Action">Created, Replaced, Altered, Dropped or Granted.</param>
/// <param name="Kind">schema, table, index, view, function or role.</param>
/// <param name="Name">Its name; of rights the role that has them, of an index without one its table.</param>
/// <param name="Detail">What a role may do, and where; the column of an index without a name; null for all else.</param>
/// <param name="Statement">The SQL that did it, maybe with more of its kind.</param>
public sealed partial record SchemaChange(string Action, string Kind, string Name, string? Detail, string Statement)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Action} {Kind} {Name}{(Detail is null ? "" : $": {Detail}")}";

    // Of statements that this module wrote itself: each begins a line, and nothing else does with these words.
    internal static IEnumerable<SchemaChange> Of(IEnumerable<string> statements)
    {
        var seen = new HashSet<(string, string)>();
        foreach (var statement in statements)
        {
            foreach (Match match in Beginning().Matches(statement))
            {
                var groups = match.Groups;
                var change = groups["rights"].Success
                    ? new SchemaChange("Granted", "role", groups["role"].Value, $"{Plain(groups["rights"].Value)} on {Plain(groups["on"].Value)}", statement)
                    : new SchemaChange(
                        groups["altered"].Success ? "Altered" : groups["dropped"].Success ? "Dropped" : groups["replaced"].Success ? "Replaced" : "Created",
                        groups["kind"].Value.ToLowerInvariant(), Plain(groups["name"].Value), groups["column"].Success ? Plain(groups["column"].Value) : null, statement);
                // A table that is made is altered for some of its columns, which is no second change.
                if (change.Detail is not null || seen.Add((change.Kind, change.Name)))
                {
                    yield return change;
                }
            }
        }
    }

    private static string Plain(string quoted) => quoted.Replace("\"", "", StringComparison.Ordinal);

    [GeneratedRegex("""
        ^(?:CREATE\ (?<replaced>OR\ REPLACE\ )?(?<kind>SCHEMA|TABLE|INDEX|VIEW|FUNCTION|ROLE)\ (?:IF\ NOT\ EXISTS\ )?(?!ON\ )(?<name>(?:"(?:[^"]|"")*"|\w|\.)+)
        |(?<=\A)CREATE\ (?<kind>INDEX)\ ON\ (?<name>(?:"(?:[^"]|"")*"|\w|\.)+)\ \((?<column>"(?:[^"]|"")*")
        |(?<altered>ALTER)\ (?<kind>TABLE)\ (?<name>(?:"(?:[^"]|"")*"|\w|\.)+)
        |(?<dropped>DROP)\ (?<kind>FUNCTION)\ (?<name>(?:"(?:[^"]|"")*"|\w|\.)+)
        |GRANT\ (?<rights>.+?)\ ON\ (?:FUNCTION\ )?(?<on>(?:"(?:[^"]|"")*"|\w|\.)+\S*)\ TO\ (?<role>\w+))
        """, RegexOptions.Multiline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Beginning();
}
