using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.Demo;

/// <summary>PowerShell when it is there and new enough, else the worker.</summary>
/// <param name="Host">The choice.</param>
/// <param name="WhyNotPowerShell">Null when it is PowerShell, or the worker was asked for.</param>
internal sealed record HostChoice(IRunHost Host, string? WhyNotPowerShell)
{
    private static readonly Version OldestPowerShell = new(7, 6);

    /// <param name="wanted">pwsh, worker, or null for whichever is there.</param>
    /// <param name="keeper">Runs the program that tells the version.</param>
    /// <param name="process">Runs the host.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="SandboxException">PowerShell is wanted and cannot be used.</exception>
    public static async Task<HostChoice> MakeAsync(
        string? wanted, Keeper keeper, HostProcess process, CancellationToken cancellationToken)
    {
        if (wanted == "worker") return new HostChoice(new WorkerRun(process), null);
        (PowerShellRun? run, string reason) = await FindPowerShellAsync(keeper, process, cancellationToken);
        if (run is not null) return new HostChoice(run, null);
        if (wanted == "pwsh") throw new SandboxException($"{reason}. Install PowerShell 7.6 or later, or use --host worker.");
        return new HostChoice(new WorkerRun(process), reason);
    }

    private static async Task<(PowerShellRun? Run, string Reason)> FindPowerShellAsync(
        Keeper keeper, HostProcess process, CancellationToken cancellationToken)
    {
        if (Executables.Find("pwsh") is not { } pwsh) return (null, "pwsh is not on PATH");
        string manifest = Path.GetFullPath(Path.Combine(ServerPackages.Folder, "../../LoginEtl.psd1"));
        if (!File.Exists(manifest)) return (null, $"{manifest} is not there");

        var program = new ProgramStart("pwsh version", pwsh,
            ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", "'' + $PSVersionTable.PSVersion"]);
        ProgramEnd end = await keeper.RunAsync(program, cancellationToken);
        // A preview's suffix is of no account here.
        string said = end.Output.Trim().Split('-')[0];
        if (!end.Succeeded || !Version.TryParse(said, out Version? version)) return (null, $"{pwsh} does not run ({end})");
        return version >= OldestPowerShell
            ? (new PowerShellRun(process, pwsh, version, manifest), "")
            : (null, $"{pwsh} is PowerShell {version}, older than {OldestPowerShell}");
    }
}
