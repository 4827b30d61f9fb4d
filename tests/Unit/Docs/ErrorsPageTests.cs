using System.Reflection;
using System.Text.RegularExpressions;
using LoginEtl.Faults;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Docs;

/// <summary>docs/errors.md: made of the lists of errors, which hold what the code can say and nothing else.</summary>
public sealed partial class ErrorsPageTests
{
    private static readonly IReadOnlyList<ErrorId> Errors =
        [.. typeof(ErrorId).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (ErrorId)f.GetValue(null)!).OrderBy(e => e.Name, StringComparer.Ordinal)];

    private static readonly IReadOnlyList<IReadOnlyList<Match>> Lists =
        [.. Directory.EnumerateFiles(Repository.PathOf("src/LoginEtl.Privacy/Faults"), "ErrorId.*.cs").Select(f => Entry().Matches(File.ReadAllText(f)).ToList())];

    [Fact]
    public void Its_table_is_the_list()
    {
        var entries = Lists.SelectMany(l => l).OrderBy(m => m.Groups[2].Value, StringComparer.Ordinal).ToList();
        var rows = entries.Select(m => $"| `{m.Groups[2].Value}` | {m.Groups[3].Value} | {m.Groups[1].Value} |");
        Assert.Equal(Errors.Select(e => (e.Name, $"{e.Kind}")), entries.Select(m => (m.Groups[2].Value, m.Groups[3].Value)));
        Assert.Equal(rows, File.ReadLines(Repository.PathOf("docs/errors.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)));
        Assert.All(Lists, list => Assert.Equal(list.Select(m => m.Groups[2].Value).Order(StringComparer.Ordinal), list.Select(m => m.Groups[2].Value)));
    }

    [Fact]
    public void Every_error_of_the_list_can_come_and_no_other()
    {
        var code = string.Concat(Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !Path.GetFileName(f).StartsWith("ErrorId.", StringComparison.Ordinal)).Select(File.ReadAllText));
        var used = Use().Matches(code).Select(m => m.Groups[1].Value).ToHashSet();
        Assert.Equal(Errors.Select(e => e.Name), used.Order(StringComparer.Ordinal));
        Assert.DoesNotContain("new ErrorId(", code, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"<summary>(.+)</summary>\s+public static readonly ErrorId (\w+) = new\(FaultKind\.(\w+)\)")]
    private static partial Regex Entry();

    [GeneratedRegex(@"\bErrorId\.(\w+)")]
    private static partial Regex Use();
}
