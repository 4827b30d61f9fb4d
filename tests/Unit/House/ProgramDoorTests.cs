using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.House;

/// <summary>What starts a program is in one place, which bounds it and says nothing of it.</summary>
public sealed class ProgramDoorTests
{
    [Fact]
    public void One_place_alone_starts_programs()
    {
        var src = Path.Combine(Repository.Root, "src");
        var files = Directory.EnumerateFiles(src, "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(f => File.ReadAllText(f) is var code && (code.Contains("Process.Start(", StringComparison.Ordinal) || code.Contains("new ProcessStartInfo", StringComparison.Ordinal)))
            .Select(f => Path.GetRelativePath(src, f).Replace('\\', '/')).Order(StringComparer.Ordinal);
        Assert.Equal(["LoginEtl.Privacy/Secrets/ProgramRun.cs", "LoginEtl.Privacy/Secrets/SecretProgram.cs"], files);
    }
}
