using System.Text.RegularExpressions;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Docs;

/// <summary>docs/architecture.md: what it names is there, and every room has a line.</summary>
public sealed partial class ArchitecturePageTests
{
    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs/architecture.md"));

    // An exception of .NET's and an error id.
    private static readonly string[] NoTypes = ["InvalidCastException", "TableUnsuitable"];

    private static readonly IReadOnlyList<string> Named = [.. CodeForm().Matches(Page).Select(m => m.Groups[1].Value).Distinct()];

    private static readonly IReadOnlyList<string> Sources =
    [
        .. new[] { "src", "sandbox", "tests/Unit" }.SelectMany(f => Directory.EnumerateFiles(Repository.PathOf(f), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(p => p is "bin" or "obj" or "node_modules")),
    ];

    [Fact]
    public void Every_path_that_it_names_is_there()
    {
        var paths = Named.Where(n => n.Contains('/', StringComparison.Ordinal) && !n.StartsWith("./", StringComparison.Ordinal)).ToList();
        Assert.True(paths.Count > 80, $"Only {paths.Count} paths were found.");
        // What is built is there after a build.
        Assert.DoesNotContain(paths, p => p != "bin/deps" && !Path.Exists(Repository.PathOf(p)) && !Path.Exists(Repository.PathOf($"src/LoginEtl.{p}")));
    }

    [Fact]
    public void Every_type_that_it_names_is_there_and_has_the_member()
    {
        var types = Sources.Select(File.ReadAllText).SelectMany(t => Declaration().Matches(t).Select(m => (Name: m.Groups[1].Value, Text: t))).ToLookup(t => t.Name, t => t.Text);
        var names = Named.Where(n => TypeName().IsMatch(n) && !NoTypes.Contains(n)).Select(n => n.Split('.')).ToList();
        Assert.True(names.Count > 100, $"Only {names.Count} types were found.");
        Assert.Empty(names.Where(n => !types[n[0]].Any(t => n.Length == 1 || Regex.IsMatch(t, $@"\b{n[1]}\b"))).Select(n => string.Join('.', n)));
    }

    [Fact]
    public void Every_room_has_a_line()
    {
        var src = Repository.PathOf("src");
        var rooms = Sources.Where(f => f.StartsWith(src, StringComparison.Ordinal))
            .Select(f => Path.GetRelativePath(src, Path.GetDirectoryName(f)!).Replace(Path.DirectorySeparatorChar, '/')["LoginEtl.".Length..])
            .Where(r => r.Contains('/', StringComparison.Ordinal)).Distinct();
        Assert.DoesNotContain(rooms, r => !Rows().Matches(Page).Any(row => row.Value.Contains($"`{r}`", StringComparison.Ordinal)));
    }

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex CodeForm();

    // Type or Type.Member, in PascalCase, and no namespace.
    [GeneratedRegex(@"^(?!LoginEtl\.)[A-Z]\w*[a-z]\w*(?:\.[A-Z]\w+)?\z")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"^\s*(?:public|internal|private protected)\s[\w\s]*?(?:class|record struct|struct|interface|enum|record)\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    // The first cell of a row: | `Core/Run` | …
    [GeneratedRegex(@"^\| `[^|]+\|", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
