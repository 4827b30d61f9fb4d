using System.Diagnostics;
using Xunit;

namespace LoginEtl.Unit.Pester;

/// <summary>The check that no file of Pester tests leaves a process behind.</summary>
public sealed class LeftProcessesTests
{
    [Fact]
    public async Task Process_that_is_left_by_one_that_has_ended_is_told_and_ended()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The check reads /proc.");
        var mark = $"{Guid.NewGuid():n}";
        var start = new ProcessStartInfo("sh", ["-c", "sleep 300 &"]);
        start.Environment[LeftProcesses.Variable] = mark;
        using var parent = Process.Start(start)!;
        await parent.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["sleep 300"], await LeftProcesses.EndAsync(mark, TestContext.Current.CancellationToken));
        Assert.Empty(await LeftProcesses.EndAsync(mark, TestContext.Current.CancellationToken));
    }
}
