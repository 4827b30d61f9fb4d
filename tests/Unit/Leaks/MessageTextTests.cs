using System.Text.RegularExpressions;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Leaks;

/// <summary>
/// Every value that stands in the text of an error, a warning, a verbose or debug line, a question or a log line was
/// looked at, and is in MessageHoles.txt: none of them can be personal data, a body, a key or a password. A new one fails
/// here until somebody has looked at it.
/// </summary>
public sealed partial class MessageTextTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Unit", "Leaks");

    [Fact]
    public void Whatever_stands_in_a_message_was_looked_at()
    {
        var known = File.ReadAllLines(Path.Combine(Folder, "MessageHoles.txt")).ToHashSet(StringComparer.Ordinal);
        var found = Holes().ToHashSet(StringComparer.Ordinal);
        Assert.True(found.Count > 100, $"Only {found.Count} were found: the search is broken.");
        Assert.Equal("", string.Join('\n', found.Except(known).Order(StringComparer.Ordinal)));
        Assert.Equal("", string.Join('\n', known.Except(found).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void New_one_is_found() =>
        Assert.Equal(["login.Ip!.Reveal()", "login.MessageId"], HolesOf("""throw new LoginEtlException(new ErrorId(FaultKind.Failed, "Id"), $"The ip {login.Ip!.Reveal()} of {login.MessageId}.", "No.");""").Order(StringComparer.Ordinal));

    private static IEnumerable<string> Holes() => Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .SelectMany(f => HolesOf(File.ReadAllText(f)));

    private static IEnumerable<string> HolesOf(string source) =>
        Said().Matches(source)
            .Select(m => (IsFault: m.Value != "new(", Arguments: Arguments(source, m.Index + m.Length - 1)))
            .Where(s => s.IsFault || s.Arguments.Contains("ErrorId.", StringComparison.Ordinal))
            .SelectMany(s => HolesOfText(s.Arguments));

    private static string Arguments(string source, int from)
    {
        var (depth, isText) = (0, false);
        for (var i = from; i < source.Length; i++)
        {
            switch (source[i])
            {
                case '\\' when isText: i++; break;
                case '"': isText = !isText; break;
                case '(' when !isText: depth++; break;
                case ')' when !isText && --depth == 0: return source[from..(i + 1)];
            }
        }

        return source[from..];
    }

    private static IEnumerable<string> HolesOfText(string arguments)
    {
        foreach (Match match in Interpolated().Matches(arguments))
        {
            for (var i = match.Index + match.Length; i < arguments.Length && arguments[i] != '"'; i++)
            {
                if (arguments[i] == '\\' || arguments.AsSpan(i).StartsWith("{{"))
                {
                    i++;
                }
                else if (arguments[i] == '{')
                {
                    var end = EndOfHole(arguments, i);
                    yield return arguments[(i + 1)..end];
                    i = end;
                }
            }
        }
    }

    private static int EndOfHole(string text, int from)
    {
        var (depth, isText) = (0, false);
        for (var i = from; ; i++)
        {
            switch (text[i])
            {
                case '"': isText = !isText; break;
                case '{' when !isText: depth++; break;
                case '}' when !isText && --depth == 0: return i;
            }
        }
    }

    [GeneratedRegex(@"LoginEtlException\(|\bnew\(|Write(?:Warning|Verbose|Debug|Line|LineAsync|HostLine|Information)\(|_log\.Warn\(|\bSay\(|\bwarn\(|ShouldProcess\(|ProgressRecord\(|Status\(|Invariant\(")]
    private static partial Regex Said();

    [GeneratedRegex(@"\$""")]
    private static partial Regex Interpolated();
}
