using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Docs;

/// <summary>Folders of npm packages: each lists what it installs, and from no host of anybody's.</summary>
public sealed class LockFileTests
{
    public static TheoryData<string> Folders =>
        [.. new[] { "sandbox/npm", "tests/npm" }.Concat(
            Directory.GetDirectories(Repository.PathOf("sandbox/npm"), "postgres-*").Select(folder => $"sandbox/npm/{Path.GetFileName(folder)}"))];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Lock_files_of_npm_name_no_host_and_settings_keep_it_so(string folder)
    {
        Assert.DoesNotContain("\"resolved\"", File.ReadAllText(Repository.PathOf($"{folder}/package-lock.json")), StringComparison.Ordinal);
        var settings = File.ReadAllLines(Repository.PathOf($"{folder}/.npmrc"));
        Assert.Contains("omit-lockfile-registry-resolved=true", settings);
        Assert.Contains("ignore-scripts=true", settings);
    }
}
