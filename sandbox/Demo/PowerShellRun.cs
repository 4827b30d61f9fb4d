using LoginEtl.Sandbox.PowerShell;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.Demo;

/// <summary>The module in PowerShell: the one place that knows its cmdlets.</summary>
internal sealed class PowerShellRun(HostProcess process, PowerShellProgram program) : IRunHost
{
    /// <summary>The pipeline as a person would type it; queue, keys and database come from the environment.</summary>
    public const string Pipeline = "Receive-LoginMessage | Protect-LoginPii | Write-LoginRecord -ReceiptVariable receipt";

    public string Name => $"PowerShell {program.Version}";

    // Built with the sandbox, and staged beside its manifest.
    private static string Manifest => Path.GetFullPath(Path.Combine(ServerPackages.Folder, "../../LoginEtl.psd1"));

    public Task<RunReceipt> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        string script = $"""
            $ErrorActionPreference = 'Stop'
            $PSStyle.OutputRendering = 'PlainText'
            Import-Module '{Manifest.Replace("'", "''", StringComparison.Ordinal)}'
            {Pipeline}
            [LoginEtl.Run.ReceiptText]::Json($receipt)
            exit $receipt.ExitCode
            """;
        return process.RunAsync($"PS> {Pipeline}", program.Command,
            program.Arguments("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script), settings, cancellationToken);
    }
}
