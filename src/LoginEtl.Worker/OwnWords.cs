using System.CommandLine;
using System.Text.RegularExpressions;
using LoginEtl.Faults;

namespace LoginEtl.Worker;

/// <summary>
/// Texts of the engine in the worker's words: what they call <c>-MaxHeld</c>, as the cmdlets do, is <c>--max-held</c> here.
/// Parameters of a cmdlet that the text itself names stay as they are.
/// </summary>
internal sealed partial class OwnWords(IEnumerable<Option> settings)
{
    private readonly HashSet<string> _flags = [.. settings.Select(s => s.Name)];

    /// <summary>The text in plain, its settings named as flags.</summary>
    public string Of(string text) => Parameter().Replace(text = Quotable.Plain(text), found =>
        FlagOf(found.Groups["name"].Value) is var flag && _flags.Contains(flag) && !IsOfCmdlet(text.AsSpan(0, found.Index))
            ? found.Groups["column"] is { Success: true } column ? $"{flag} {column.Value}={found.Groups["value"].Value}" : flag
            : found.Value);

    // In the same clause: 'with Set-LoginPrimaryKey and -Database'.
    private static bool IsOfCmdlet(ReadOnlySpan<char> before) => Cmdlet().IsMatch(before[(before.LastIndexOfAny(".;:,(") + 1)..]);

    private static string FlagOf(string parameter) => "-" + Capital().Replace(parameter, found => "-" + found.Value.ToLowerInvariant());

    // With the value of a setting that the cmdlets take as a table: -ColumnName @{ masked_ip = 'hashed_ip' }.
    [GeneratedRegex(@"(?<![\w-])-(?<name>[A-Z][A-Za-z]+)( @\{ (?<column>\w+) = '(?<value>[^']*)' \})?")]
    private static partial Regex Parameter();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();

    [GeneratedRegex("[A-Z][a-z]+-Login[A-Z]")]
    private static partial Regex Cmdlet();
}
