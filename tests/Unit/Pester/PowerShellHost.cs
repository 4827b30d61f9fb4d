using System.Diagnostics;

namespace LoginEtl.Unit.Pester;

/// <summary>The PowerShell on PATH, and why it cannot run the suite when it cannot.</summary>
internal static class PowerShellHost
{
    private static readonly Version Oldest = new(7, 6);
    private static readonly Lazy<Task<string?>> LazyWhyNot = new(FindWhyNotAsync);

    /// <summary>Null when the suite can run.</summary>
    public static Task<string?> WhyNotAsync => LazyWhyNot.Value;

    /// <summary>Runs pwsh to its end; standard output and error as one text.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("pwsh", ["-NoLogo", "-NoProfile", "-NonInteractive", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Fixtures.Repository.Root,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await error);
    }

    private static async Task<string?> FindWhyNotAsync()
    {
        int exitCode;
        string output;
        try
        {
            (exitCode, output) = await RunAsync(["-Command", "'' + $PSVersionTable.PSVersion"], new Dictionary<string, string>(), default);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "pwsh is not on PATH.";
        }

        // One that is there and does not run is a failure, and no reason to skip.
        return exitCode == 0 && Version.TryParse(output.Split('\n')[0].Trim().Split('-')[0], out var version)
            ? version >= Oldest ? null : $"pwsh is {version}; the module needs {Oldest}."
            : throw new InvalidOperationException($"pwsh is on PATH and does not say its version (exit code {exitCode}): {output.Trim()}");
    }
}
