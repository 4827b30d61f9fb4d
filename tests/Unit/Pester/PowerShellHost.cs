using System.Diagnostics;
using LoginEtl.Sandbox.PowerShell;

namespace LoginEtl.Unit.Pester;

/// <summary>The PowerShell that the sandbox finds: the one on PATH, or the project's own.</summary>
internal static class PowerShellHost
{
    private static readonly Lazy<Task<PowerShellProgram>> LazyProgram = new(() => PowerShellSearch.FindAsync(CancellationToken.None));

    /// <summary>Starts PowerShell itself, with no launcher before it; standard output and error are to be read.</summary>
    public static async Task<Process> StartAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        PowerShellProgram program = await LazyProgram.Value.WaitAsync(cancellationToken);
        var start = new ProcessStartInfo(program.Command, program.Arguments(["-NoLogo", "-NoProfile", "-NonInteractive", .. arguments]))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Fixtures.Repository.Root,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs PowerShell to its end; standard output and error as one text.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        using var process = await StartAsync(arguments, environment, cancellationToken);
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
}
