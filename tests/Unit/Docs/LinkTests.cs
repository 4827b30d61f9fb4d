using System.Text.RegularExpressions;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Docs;

/// <summary>Every link from page to page leads to a file, and to a heading of it by the name that GitHub gives it.</summary>
public sealed partial class LinkTests
{
    public static TheoryData<string> Pages =>
        [.. new[] { "README.md", "CHANGELOG.md", "CONTRIBUTING.md" }.Concat(Directory.GetFiles(Repository.PathOf("docs"), "*.md").Select(f => $"docs/{Path.GetFileName(f)}"))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_to_something(string page) => Assert.Equal("", string.Join(", ", Broken(page, Read(page))));

    [Fact]
    public void Link_that_leads_nowhere_is_found()
    {
        const string Text = """
            # Of `this` page, and its anchors_
            ## Twice
            ## Twice
            [a](#of-this-page-and-its-anchors_) [b](#twice-1) [c](docs/errors.md#errors) [d](LICENSE) [e](https://example.org/#none) `[f](#code)`
            ```sh
            # no-heading [g](#fence)
            ```
            [h](#twice-2) [i](docs/none.md) [j](docs/errors.md#none) [k](#no-heading) [l](docs/errors.md#Errors)
            [m]: docs/lost.md
            """;
        Assert.Equal(["#twice-2", "docs/none.md", "docs/errors.md#none", "#no-heading", "docs/errors.md#Errors", "docs/lost.md"], Broken("README.md", Text));
    }

    [Fact]
    public void README_leads_to_every_page()
    {
        var linked = Links(Read("README.md")).Select(l => l.Split('#')[0]).ToHashSet();
        Assert.Equal("", string.Join(", ", Pages.Select(p => p.Data).Where(p => p != "README.md" && !linked.Contains(p))));
    }

    // The package has the pages of docs/ and what one line of build/New-Package.ps1 names.
    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_to_something_in_the_package_too(string page)
    {
        var copied = File.ReadLines(Repository.PathOf("build/New-Package.ps1")).Single(line => line.TrimStart().StartsWith("Copy-Item 'LoginEtl.psd1'", StringComparison.Ordinal));
        var missing = Links(Read(page)).Select(l => Target(page, l)).Where(t => !copied.Contains($"'{t.Split('/')[0]}'", StringComparison.Ordinal) && !PageOfDocs().IsMatch(t));
        Assert.Equal("", string.Join(", ", missing));
    }

    private static string Read(string page) => File.ReadAllText(Repository.PathOf(page));

    private static IEnumerable<string> Broken(string page, string text) => Links(text).Where(link =>
    {
        var target = Target(page, link);
        var heading = link.Split('#') is [_, var anchor] ? anchor : null;
        return !Path.Exists(Repository.PathOf(target)) || (heading is not null && !Anchors(target == page ? text : Read(target)).Contains(heading));
    });

    /// <summary>What links to other sites leaves: files and headings.</summary>
    private static IEnumerable<string> Links(string text) =>
        Link().Matches(Code().Replace(Fence().Replace(text, ""), "")).Select(m => m.Groups[1].Value + m.Groups[2].Value).Where(l => !Scheme().IsMatch(l));

    private static string Target(string page, string link) => link.StartsWith('#')
        ? page
        : Path.GetRelativePath(Repository.Root, Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, link.Split('#')[0])).Replace(Path.DirectorySeparatorChar, '/');

    private static HashSet<string> Anchors(string text)
    {
        var seen = new Dictionary<string, int>();
        var anchors = new HashSet<string>();
        foreach (Match heading in Heading().Matches(Fence().Replace(text, "")))
        {
            var name = Dropped().Replace(Linked().Replace(heading.Groups[1].Value.Trim(), "$1").ToLowerInvariant(), "").Replace(' ', '-');
            seen[name] = seen.TryGetValue(name, out var times) ? times + 1 : 0;
            anchors.Add(seen[name] == 0 ? name : $"{name}-{seen[name]}");
        }

        return anchors;
    }

    // [text](target), and [name]: target
    [GeneratedRegex(@"\]\(([^)\s]+)|^\[[^\]\n]+\]:[ ]*(\S+)", RegexOptions.Multiline)]
    private static partial Regex Link();

    [GeneratedRegex(@"^[ ]*```.*?^[ ]*```[ ]*\r?$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"`[^`\n]+`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^[a-z][a-z+.-]*:", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^#{1,6}[ ]+(.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Linked();

    // What GitHub leaves out of an anchor.
    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Dropped();

    [GeneratedRegex(@"^docs/([a-z-]+\.(?:md|svg)|settings\.schema\.json)\z")]
    private static partial Regex PageOfDocs();
}
