using System.Diagnostics;
using LoginEtl.Sandbox.PowerShell;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;
using Xunit.Sdk;

namespace LoginEtl.Unit.Sandbox;

/// <summary>Which PowerShell is found when this and that is called pwsh on PATH.</summary>
public sealed class PowerShellSearchTests : IDisposable
{
    private const string Quiet = "-NoLogo -NoProfile -NonInteractive -Command";
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(20);

    // A space, as in many a user's folders.
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("login-etl-test-").FullName, "on PATH");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>The command of the dotnet tool: starts PowerShell as a child.</summary>
    private static string Launcher => Path.GetFullPath(
        Path.Combine(Path.GetDirectoryName(ProjectPackages.PowerShell)!, "../Microsoft.PowerShell.GlobalTool.Shim.dll"));

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Fact]
    public async Task None_on_PATH_is_the_projects_own()
    {
        PowerShellProgram found = await PowerShellSearch.FindAsync(_folder, Cancelled);

        Assert.Equal([ProjectPackages.PowerShell], found.LeadingArguments);
        Assert.Null(found.PassedBy);
        Assert.Equal($"{found.Version} {found.Version}", await SaidByAsync(found, "'' + $PSVersionTable.PSVersion + ' ' + $PSVersionTable.PSVersion"));
    }

    [Fact]
    public async Task One_on_PATH_that_is_new_enough_is_preferred()
    {
        string pwsh = Put("printf 'login-etl\\t7.7.1-preview.2\\t%s\\t/opt/pwsh\\n' \"$0\"");
        PowerShellProgram found = await PowerShellSearch.FindAsync(_folder, Cancelled);

        Assert.Equal(pwsh, found.Command);
        Assert.Empty(found.LeadingArguments);
        Assert.Equal(new Version(7, 7, 1), found.Version);
        Assert.Null(found.PassedBy);
    }

    [Theory]
    [InlineData("printf 'login-etl\\t7.5.4\\t%s\\t/opt/pwsh\\n' \"$0\"", "is PowerShell 7.5.4, older than 7.6")]
    [InlineData("echo 'no runtime' >&2; exit 150", "does not run")]
    [InlineData("echo 'Welcome to a shell'", "does not run")]
    public async Task One_on_PATH_that_is_old_or_does_not_run_is_passed_by_for_the_projects_own(string script, string why)
    {
        string pwsh = Put(script);
        PowerShellProgram found = await PowerShellSearch.FindAsync(_folder, Cancelled);

        Assert.Equal([ProjectPackages.PowerShell], found.LeadingArguments);
        Assert.Equal($"{pwsh} {why}", found.PassedBy);
    }

    [LongRun]
    public async Task Launcher_of_the_dotnet_tool_is_looked_through()
    {
        Put($"exec '{Executables.Dotnet}' '{Launcher}' \"$@\"");
        PowerShellProgram found = await PowerShellSearch.FindAsync(PathWithDotnet, Cancelled);

        Assert.Equal("dotnet", Path.GetFileName(found.Command));
        Assert.Equal([ProjectPackages.PowerShell], found.LeadingArguments);
        Assert.Equal(ProjectPackages.PowerShellVersion, found.Version);
        Assert.Null(found.PassedBy);
    }

    [LongRun]
    public async Task SIGTERM_to_what_is_started_ends_PowerShell_itself_behind_a_launcher_too()
    {
        Put($"exec '{Executables.Dotnet}' '{Launcher}' \"$@\"");
        PowerShellProgram found = await PowerShellSearch.FindAsync(PathWithDotnet, Cancelled);
        using Process started = Start(found, "$PID; Start-Sleep 60");
        int powerShell = int.Parse((await started.StandardOutput.ReadLineAsync(Cancelled))!, System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            using Process kill = Process.Start("kill", ["-TERM", $"{started.Id}"]);
            await started.WaitForExitAsync(Cancelled).WaitAsync(EndTimeout, Cancelled);
            Assert.False(Directory.Exists($"/proc/{powerShell}"), "PowerShell runs on without the process that was started.");
        }
        finally
        {
            if (Directory.Exists($"/proc/{powerShell}")) Process.GetProcessById(powerShell).Kill();
        }
    }

    // The launcher looks for dotnet there.
    private string PathWithDotnet => $"{_folder}{Path.PathSeparator}{Path.GetDirectoryName(Executables.Dotnet)}";

    private string Put(string script)
    {
        if (OperatingSystem.IsWindows()) throw SkipException.ForSkip("A shell script stands in for pwsh.");
        Directory.CreateDirectory(_folder);
        string path = Path.Combine(_folder, "pwsh");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static Process Start(PowerShellProgram program, string command) => Process.Start(
        new ProcessStartInfo(program.Command, program.Arguments([.. Quiet.Split(' '), command])) { RedirectStandardOutput = true })!;

    private static async Task<string> SaidByAsync(PowerShellProgram program, string command)
    {
        using Process process = Start(program, command);
        return (await process.StandardOutput.ReadToEndAsync(Cancelled)).Trim();
    }
}
