namespace LoginEtl.Sandbox.Demo;

/// <summary>The module in PowerShell: the one place that knows its cmdlets.</summary>
internal sealed class PowerShellRun(HostProcess process, string pwsh, Version version, string manifest) : IRunHost
{
    /// <summary>The pipeline as a person would type it; queue, keys and database come from the environment.</summary>
    public const string Pipeline = "Receive-LoginMessage | Protect-LoginPii | Write-LoginRecord -ReceiptVariable receipt";

    public string Name => $"PowerShell {version}";

    public Task<RunReceipt> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        string script = $"""
            $ErrorActionPreference = 'Stop'
            $PSStyle.OutputRendering = 'PlainText'
            Import-Module '{manifest.Replace("'", "''", StringComparison.Ordinal)}'
            {Pipeline}
            [LoginEtl.Settlement.ReceiptText]::Json($receipt)
            exit $receipt.ExitCode
            """;
        string[] arguments = ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script];
        return process.RunAsync($"PS> {Pipeline}", pwsh, arguments, settings, cancellationToken);
    }
}
