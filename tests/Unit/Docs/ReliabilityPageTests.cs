using System.Reflection;
using System.Text.RegularExpressions;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Fuzzing;
using Xunit;

namespace LoginEtl.Unit.Docs;

/// <summary>docs/reliability.md names tests; what it names is there.</summary>
public sealed partial class ReliabilityPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reliability.md"));

    [Fact]
    public void Every_test_it_names_is_there()
    {
        var names = TestName().Matches(Page).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.True(names.Count > 60, $"Only {names.Count} names were found.");
        Assert.Equal("", string.Join(", ", names.Where(name => !IsTest(name))));
    }

    [Fact]
    public void Every_scenario_has_a_test_and_none_is_expected_to_fail()
    {
        var rows = Page.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal) && !l.StartsWith("| what is done", StringComparison.Ordinal) && !l.StartsWith("| target", StringComparison.Ordinal)).ToList();
        Assert.True(rows.Count > 50);
        Assert.All(rows, row => Assert.Contains(row.Split('|'), cell => cell.Contains("Tests.", StringComparison.Ordinal) || cell.Contains(".Tests.ps1", StringComparison.Ordinal) || cell.StartsWith(" `name: ", StringComparison.Ordinal)));
        Assert.DoesNotContain("expected to fail", Page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Every_scenario_says_what_came_of_it()
    {
        var rows = Page.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).ToList();
        Assert.True(rows.Count > 50);
        Assert.All(rows, row => Assert.NotEqual("", row.TrimEnd()[..^1].Split('|')[^1].Trim()));
    }

    [Fact]
    public void Targets_of_hostile_input_are_all_there_and_no_others()
    {
        var rows = TargetRow().Matches(Page);
        Assert.All(rows, row => Assert.Equal(row.Groups[1].Value, row.Groups[2].Value));
        Assert.Equal(FuzzTargets.Names.Order(StringComparer.Ordinal), rows.Select(row => row.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_test_in_PowerShell_that_it_names_is_there()
    {
        var named = PesterTest().Matches(Page);
        Assert.NotEmpty(named);
        Assert.Equal(Page.Split(".Tests.ps1`").Length - 1, named.Count);
        Assert.All(named, test => Assert.Contains(
            $"It '{test.Groups[2].Value}'", File.ReadAllText(Repository.PathOf($"tests/Pester/{test.Groups[1].Value}")), StringComparison.Ordinal));
    }

    private static bool IsTest(string name)
    {
        var dot = name.LastIndexOf('.');
        var type = typeof(ReliabilityPageTests).Assembly.GetTypes().FirstOrDefault(t => $"{t.FullName}".EndsWith($".{name[..dot]}", StringComparison.Ordinal));
        return type?.GetMethod(name[(dot + 1)..], BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic) is { } method && method.GetCustomAttributes(inherit: true).Any(a => a is FactAttribute);
    }

    // Namespace.Class.Method or Class.Method, in code form.
    [GeneratedRegex(@"`((?:[A-Z]\w+\.)?[A-Z]\w+Tests?\.[A-Z]\w+|FuzzSoak\.\w+)`")]
    private static partial Regex TestName();

    // | decoder: … | … | `name: "decoder"` | …
    [GeneratedRegex("""^\| ([\w-]+): .*\| `name: "([\w-]+)"` \|""", RegexOptions.Multiline)]
    private static partial Regex TargetRow();

    // Pester `Options.Tests.ps1`, `what its It says`
    [GeneratedRegex(@"Pester `(\w+\.Tests\.ps1)`, `([^`]+)`")]
    private static partial Regex PesterTest();
}
