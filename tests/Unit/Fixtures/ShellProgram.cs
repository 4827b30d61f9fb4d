using System.Diagnostics;
using LoginEtl.Sandbox.PowerShell;
using LoginEtl.Unit.Postgres;

namespace LoginEtl.Unit.Fixtures;

/// <summary>PowerShell with the module, as a script of somebody's runs it; and other programs.</summary>
internal static class ShellProgram
{
    /// <summary>Runs a script to its end.</summary>
    public static async Task<(int ExitCode, string Said)> RunAsync(string script, IReadOnlyDictionary<string, string> environment)
    {
        var pwsh = await PowerShellSearch.FindAsync(TestDatabase.Token);
        var start = new ProcessStartInfo(pwsh.Command, pwsh.Arguments(
            "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", $"$ErrorActionPreference = 'Stop'\nImport-Module '{Repository.PathOf("LoginEtl.psd1").Replace("'", "''", StringComparison.Ordinal)}'\n{script}"));
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return await RunAsync(start);
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int ExitCode, string Said)> RunAsync(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestDatabase.Token);
        var errors = await process.StandardError.ReadToEndAsync(TestDatabase.Token);
        await process.WaitForExitAsync(TestDatabase.Token);
        return (process.ExitCode, await output + errors);
    }
}
