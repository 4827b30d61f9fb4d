using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Docs;

/// <summary>docs/dependencies.md names what the project's files name; THIRD-PARTY-NOTICES.md names what ships.</summary>
public sealed partial class DependencyPageTests
{
    // What no file need name: PowerShell, Java, …
    private const string Programs = "\n## Programs\n";

    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs/dependencies.md"));
    private static readonly string Notices = File.ReadAllText(Repository.PathOf("THIRD-PARTY-NOTICES.md"));

    [Fact]
    public void Every_dependency_that_a_file_names_has_a_row()
    {
        var rows = Rows(Page).Select(row => row.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var named = Named();
        Assert.True(named.Count > 15, $"Only {named.Count} dependencies were found.");
        Assert.Equal("", string.Join(", ", named.Where(name => !rows.Contains(name))));
    }

    [Fact]
    public void Every_row_is_of_a_dependency_that_a_file_names()
    {
        var named = Named();
        var rows = Rows(Page[..Page.IndexOf(Programs, StringComparison.Ordinal)]);
        Assert.Equal("", string.Join(", ", rows.Select(row => row.Name).Where(name => !named.Contains(name))));
    }

    [Fact]
    public void No_row_comes_twice_and_each_says_why_under_which_licence_and_where()
    {
        var rows = Rows(Page);
        Assert.Equal(rows.Select(row => row.Name).Distinct(StringComparer.OrdinalIgnoreCase), rows.Select(row => row.Name));
        Assert.All(rows, row => Assert.All(row.Cells, cell => Assert.NotEqual("", cell)));
    }

    [Fact]
    public void What_the_page_calls_shipped_has_a_notice()
    {
        var shipped = Rows(Page).Where(row => row.Cells[^1].StartsWith("shipped", StringComparison.Ordinal)).Select(row => row.Name).ToList();
        Assert.NotEmpty(shipped);
        Assert.Equal("", string.Join(", ", shipped.Except(Noticed())));
    }

    [Fact]
    public void Notices_name_what_ships_and_nothing_else()
    {
        // What a former build left in bin/deps is in it, too: ./build.ps1 Package empties it.
        var module = Directory.GetFiles(Repository.PathOf("bin/deps"), "*.dll").Select(file => Path.GetFileNameWithoutExtension(file));
        var shipped = module.Concat(WithWorker()).Where(name => !name.StartsWith("LoginEtl.", StringComparison.Ordinal)).Distinct()
            .Select(name => name == "Parquet" ? "Parquet.Net" : name);
        Assert.Equal(shipped.Order(StringComparer.Ordinal), Noticed().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Package_of_the_module_has_the_notices_in_it()
    {
        var copied = File.ReadLines(Repository.PathOf("build/New-Package.ps1")).Single(line => line.TrimStart().StartsWith("Copy-Item 'LoginEtl.psd1'", StringComparison.Ordinal));
        Assert.Contains("'THIRD-PARTY-NOTICES.md'", copied, StringComparison.Ordinal);
    }

    /// <summary>Direct dependencies by the files that name them.</summary>
    private static HashSet<string> Named()
    {
        var named = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        named.UnionWith(Included("Directory.Packages.props", "PackageVersion"));
        foreach (var project in Files("*.csproj"))
        {
            named.UnionWith(Included(project, "PackageDownload"));
        }

        foreach (var package in Files("package.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(package));
            foreach (var group in new[] { "dependencies", "optionalDependencies", "devDependencies" })
            {
                named.UnionWith(Members(json.RootElement, group));
            }
        }

        var tools = Repository.PathOf(".config/dotnet-tools.json");
        if (File.Exists(tools))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(tools));
            named.UnionWith(Members(json.RootElement, "tools"));
        }

        return named;
    }

    /// <summary>Packages whose assemblies the worker loads from beside it.</summary>
    private static IEnumerable<string> WithWorker()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "login-etl.deps.json")));
        var packages = json.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(library => library.Value.GetProperty("type").GetString() == "package").Select(library => library.Name).ToHashSet();
        return [.. json.RootElement.GetProperty("targets").EnumerateObject().SelectMany(target => target.Value.EnumerateObject())
            .Where(library => packages.Contains(library.Name) && library.Value.TryGetProperty("runtime", out _))
            .Select(library => library.Name.Split('/')[0])];
    }

    private static List<string> Noticed() =>
        [.. PackageLine().Matches(Notices).SelectMany(line => Code().Matches(line.Value)).Select(name => name.Groups[1].Value)];

    private static IEnumerable<string> Included(string file, string element) =>
        XDocument.Load(Repository.PathOf(file)).Descendants(element).Select(item => item.Attribute("Include")!.Value);

    private static IEnumerable<string> Members(JsonElement json, string group) =>
        json.TryGetProperty(group, out var members) ? [.. members.EnumerateObject().Select(member => member.Name)] : [];

    /// <summary>The project's own files; none that was installed or built.</summary>
    private static IEnumerable<string> Files(string pattern) =>
        new[] { "src", "sandbox", "tests", "bench" }
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), pattern, SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "node_modules" or "bin" or "obj"));

    private static List<(string Name, string[] Cells)> Rows(string text) =>
        [.. Row().Matches(text).Select(row => (row.Groups[1].Value, row.Groups[2].Value.Split('|', StringSplitOptions.TrimEntries)))];

    // | `name` … | why | licence | where |
    [GeneratedRegex(@"^\| `([^`]+)`[^|]*\|(.*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("^Packages: .*$", RegexOptions.Multiline)]
    private static partial Regex PackageLine();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
