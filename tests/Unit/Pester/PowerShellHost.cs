using System.Diagnostics;
using System.Text;
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
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">What is added to its environment.</param>
    /// <param name="cancellationToken">Ends it, and what it has started.</param>
    /// <param name="said">Is given each line of standard output as it comes; may be null.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken, Action<string>? said = null)
    {
        using var process = await StartAsync(arguments, environment, cancellationToken);
        var output = ReadAsync(process.StandardOutput, said, cancellationToken);
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

    private static async Task<string> ReadAsync(StreamReader output, Action<string>? said, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        while (await output.ReadLineAsync(cancellationToken) is { } line)
        {
            said?.Invoke(line);
            text.AppendLine(line);
        }

        return text.ToString();
    }
}
