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
        string output;
        try
        {
            (_, output) = await RunAsync(["-Command", "'' + $PSVersionTable.PSVersion"], new Dictionary<string, string>(), default);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "pwsh is not on PATH.";
        }

        return Version.TryParse(output.Trim().Split('-')[0], out var version) && version >= Oldest
            ? null
            : $"pwsh is {output.Trim()}; the module needs {Oldest}.";
    }
}
