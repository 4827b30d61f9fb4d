using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Sandbox;

public sealed partial class DemoTests
{
    private static readonly TimeSpan CleanUpTimeout = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Main_job_runs_and_a_replay_writes_nothing_more()
    {
        using var sandbox = new SandboxProcess("--host", "worker", "--replay");
        int exitCode = await sandbox.WaitForExitAsync(Cancelled);

        Assert.Contains(
            "\nReceipt: 100 received: 99 written, 1 quarantined, 0 duplicate, 0 returned, balanced", sandbox.Output,
            StringComparison.Ordinal);
        Assert.Contains(
            "\nReceipt of the second run: 100 received: 0 written, 1 quarantined, 99 duplicate, 0 returned, balanced",
            sandbox.Output, StringComparison.Ordinal);
        Assert.Contains("\nEntries in quarantine: 1\n", sandbox.Output, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
        Assert.Empty(sandbox.Leftovers);
    }

    [Fact]
    public async Task Without_options_the_pipeline_is_shown_in_PowerShell()
    {
        using var sandbox = new SandboxProcess();
        int exitCode = await sandbox.WaitForExitAsync(Cancelled);

        Assert.Matches(@"The run is in PowerShell \d+\.\d+\.\d+\.", sandbox.Output);
        Assert.Contains("\nReceipt: 100 received: 99 written, 1 quarantined, 0 duplicate, 0 returned, balanced", sandbox.Output, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
    }

    [LongRun]
    public async Task Main_job_runs_on_older_versions_of_PostgreSQL_too()
    {
        // All but the one that runs by itself.
        ILookup<bool, PostgresPackage> older = PostgresPackage.All.Skip(1).ToLookup(package => package.IsForThisPlatform);
        foreach (PostgresPackage package in older[true])
        {
            await package.InstallAsync(report: null, Cancelled);
            using var sandbox = new SandboxProcess(package.Major, ["--host", "worker"]);
            int exitCode = await sandbox.WaitForExitAsync(Cancelled);

            Assert.StartsWith($"PostgreSQL {package.Major}.", sandbox.Output, StringComparison.Ordinal);
            Assert.Contains(
                "\nReceipt: 100 received: 99 written, 1 quarantined, 0 duplicate, 0 returned, balanced", sandbox.Output,
                StringComparison.Ordinal);
            Assert.Equal(0, exitCode);
            Assert.Empty(sandbox.Leftovers);
        }

        Assert.SkipWhen(older[false].Any(), $"All others passed: npm has no PostgreSQL {string.Join(", ", older[false].Select(package => package.Major))} for {NpmPackages.Platform}.");
    }

    [Theory]
    [LongRunData("KILL")]
    [InlineData("TERM")]
    public async Task Signal_leaves_nothing_running_and_nothing_on_disk(string signal)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no signals.");
        using var sandbox = new SandboxProcess("--host", "worker", "--keep", "--count", "3");
        await sandbox.WaitForAsync("Press Ctrl-C", Cancelled);
        string database = DatabaseSetting().Match(sandbox.Output).Groups[1].Value;
        Assert.True(await AnswersAsync(database));
        Assert.Single(sandbox.Leftovers);

        using Process kill = Process.Start("kill", ["-" + signal, sandbox.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await sandbox.WaitForExitAsync(Cancelled);
        var waited = Stopwatch.StartNew();
        while (sandbox.Leftovers.Length > 0 && waited.Elapsed < CleanUpTimeout) await Task.Delay(50, Cancelled);

        Assert.Empty(sandbox.Leftovers);
        Assert.Empty(Directory.GetFileSystemEntries(sandbox.TempFolder));
        Assert.False(await AnswersAsync(database));
    }

    private static async Task<bool> AnswersAsync(string database)
    {
        try
        {
            await using var connection = new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(Cancelled);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    [GeneratedRegex("^export LOGINETL_DATABASE='(.*)'$", RegexOptions.Multiline)]
    private static partial Regex DatabaseSetting();
}
