using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LoginEtl.Faults;

/// <summary>
/// Decides which of the texts that people give for a setting may be said again: in an error or its target, a receipt, a log,
/// to a server. A connection string, a password or a body easily lands in the wrong place, so a text is said only when it reads
/// as the name, host, path or address that was asked for; anything else is named by its setting alone. A password that is
/// made of letters and digits reads as a name, and nothing can tell it from one.
/// </summary>
public static partial class Quotable
{
    /// <summary>Stands in for a text that may not be said.</summary>
    public const string Hidden = "[hidden]";

    // PostgreSQL cuts longer identifiers (NAMEDATALEN).
    private const int LongestIdentifier = 63;

    // Of Windows; longer than any other's.
    private const int LongestPath = 32_767;

    /// <summary>
    /// A text that somebody else may have had a hand in, as a screen or a log is to have it: what begins a line, moves a
    /// terminal's cursor or turns the direction of writing is replaced.
    /// </summary>
    public static string Plain(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Any(Acts) ? string.Concat(text.Select(c => Acts(c) ? '\uFFFD' : c)) : text;

        static bool Acts(char c) =>
            char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
    }

    /// <summary>The text where it may be said, whatever it was given for; else <see cref="Hidden"/>.</summary>
    public static string Show(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return IsName(text) || IsTable(text) || IsUrl(text) || Arn().IsMatch(text) || (Words().IsMatch(text) && Path.Exists(text)) ? text : Hidden;
    }

    /// <summary>A name: of a user, a database, a profile, a variable, a vault, a secret.</summary>
    public static bool IsName(string? text) => text is not null && Name().IsMatch(text);

    /// <summary>A host of a server: its DNS name or address, or the folder of a Unix socket.</summary>
    public static bool IsHost(string? text) => text is not null && Host().IsMatch(text);

    /// <summary>A table, with or without schema and database, each an identifier as SQL takes it.</summary>
    public static bool IsTable(string? text) => text is not null && Table().IsMatch(text)
        && text.Split('.').All(part => Encoding.UTF8.GetByteCount(part.Trim('"')) <= LongestIdentifier);

    /// <summary>An http or https address without user name, query and fragment.</summary>
    public static bool IsUrl(string? text) => text is not null && Ascii.IsValid(text) && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" } && Words().IsMatch(url.AbsolutePath);

    /// <summary>
    /// A name of a source of lines, which stands in the name of each of them: that of a file, or a key of an object store.
    /// </summary>
    public static bool IsSource(string? text) => text is not null && Source().IsMatch(text) && !HasPassword(text);

    /// <summary>What may stand in for a locale: it becomes a value of rows.</summary>
    public static bool IsLocale(string? text) => text is not null && Locale().IsMatch(text);

    /// <summary>
    /// Whether a text that is no password holds one, as a URI does, or a connection string, also where a separator is missing.
    /// </summary>
    public static bool HasPassword(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Password().IsMatch(text) || (text.Contains('%', StringComparison.Ordinal) && Password().IsMatch(Uri.UnescapeDataString(text)));
    }

    /// <summary>A full path, as far as it is there; what is not there yet is named as files are.</summary>
    public static bool IsPath(string? path)
    {
        if (path is null or { Length: > LongestPath } || path.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        var there = path;
        while (!string.IsNullOrEmpty(there) && !Path.Exists(there))
        {
            there = Path.GetDirectoryName(there);
        }

        return there?.Length == path.Length || Words().IsMatch(path[(there?.Length ?? 0)..]);
    }

    /// <summary>The path, if it may be said: what is made of it then says it in every error.</summary>
    /// <param name="path">Full.</param>
    /// <param name="setting">How the host calls it.</param>
    /// <exception cref="LoginEtlException"><c>PathInvalid</c>.</exception>
    public static string RequirePath(string path, string setting) => IsPath(path) ? path : throw NoPath(setting);

    /// <summary>A text that is given for a path, and is none.</summary>
    /// <param name="setting">How the host calls it.</param>
    public static LoginEtlException NoPath(string setting) => new(
        ErrorId.PathInvalid, $"{setting} does not name a file or folder.",
        "Correct it. What is not there yet may have letters, digits, blanks and _ - . , + ( ) in its name.");

    [GeneratedRegex(@"^[\p{L}\p{N}_.-]{1,128}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^(?:[\p{L}\p{N}_.-]{1,255}|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%\w+)?\]?|[/@][\p{L}\p{N}_./-]*|[A-Za-z]:\\[\p{L}\p{N}_.\\-]*)\z")]
    private static partial Regex Host();

    [GeneratedRegex("""^(?:[\p{L}_][\p{L}\p{N}_]*|"[^"=:@;'{}\s\p{C}]+")(?:\.(?:[\p{L}_][\p{L}\p{N}_]*|"[^"=:@;'{}\s\p{C}]+")){0,2}\z""")]
    private static partial Regex Table();

    [GeneratedRegex(@"^[\p{L}\p{N}_.,+()~/\\ -]*\z")]
    private static partial Regex Words();

    // Amazon resource names: arn:partition:service:region:account:resource.
    [GeneratedRegex(@"^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]{0,12}:[A-Za-z0-9_./-]{1,128}\z")]
    private static partial Regex Arn();

    [GeneratedRegex(@"^[\p{L}\p{N}_.,+()~/\\ =:%#-]*\z")]
    private static partial Regex Source();

    [GeneratedRegex(@"^[\p{L}\p{N}_.@ ()/-]{1,64}\z")]
    private static partial Regex Locale();

    [GeneratedRegex(@"(?:passw\w*|pwd|psw)\s*[=:]|://[^/?#]*:[^/?#]*@|://[^\s/:@]*:\S*@", RegexOptions.IgnoreCase)]
    private static partial Regex Password();
}
