using System.Diagnostics;
using LoginEtl.Sandbox.PowerShell;

namespace LoginEtl.Unit.Fixtures;

/// <summary>The PowerShell that the sandbox finds: the one on PATH, or the project's own.</summary>
internal static class PowerShellHost
{
    private static readonly Lazy<Task<PowerShellProgram>> LazyProgram = new(() => PowerShellSearch.FindAsync(CancellationToken.None));

    /// <summary>Starts PowerShell itself, with no launcher before it; standard output and error are to be read.</summary>
    public static async Task<Process> StartAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) =>
        Process.Start(await StartInfoAsync(arguments, environment, cancellationToken))!;

    /// <summary>Runs PowerShell to its end; standard output and error as one text.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">What is added to its environment.</param>
    /// <param name="cancellationToken">Ends it, and what it has started.</param>
    /// <param name="said">Is given each line of standard output as it comes; may be null.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken, Action<string>? said = null)
    {
        var (exitCode, output, errors) = await Programs.RunAsync(await StartInfoAsync(arguments, environment, cancellationToken), cancellationToken, said);
        return (exitCode, output + errors);
    }

    /// <summary>Runs a script with the module, which ends at its first error.</summary>
    public static Task<(int ExitCode, string Output)> RunScriptAsync(string script, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) => RunAsync(
        ["-Command", $"$ErrorActionPreference = 'Stop'\nImport-Module '{Repository.PathOf("LoginEtl.psd1").Replace("'", "''", StringComparison.Ordinal)}'\n{script}"],
        environment, cancellationToken);

    private static async Task<ProcessStartInfo> StartInfoAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var program = await LazyProgram.Value.WaitAsync(cancellationToken);
        var start = new ProcessStartInfo(program.Command, program.Arguments(["-NoLogo", "-NoProfile", "-NonInteractive", .. arguments]))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
