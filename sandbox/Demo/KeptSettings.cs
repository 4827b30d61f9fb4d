namespace LoginEtl.Sandbox.Demo;

/// <summary>What --keep prints: settings for a shell, and what to try there.</summary>
internal static class KeptSettings
{
    public static IEnumerable<string> Lines(RunSettings settings)
    {
        var variables = settings.ToEnvironment();
        return
        [
            "",
            $"The servers stay up, with an empty queue ({settings.Queue}) and empty tables. For bash:",
            "",
            .. variables.Select(variable => $"export {variable.Key}='{variable.Value.Replace("'", @"'\''", StringComparison.Ordinal)}'"),
            "",
            "For PowerShell:",
            "",
            .. variables.Select(variable => $"$env:{variable.Key} = '{variable.Value.Replace("'", "''", StringComparison.Ordinal)}'"),
            "",
            "Then, in PowerShell:",
            "",
            "Import-Module ./LoginEtl.psd1",
            "Get-Content sandbox/samples/login-messages.ndjson | Send-LoginMessage",
            PowerShellRun.Pipeline,
            "$receipt",
            "",
            "Press Ctrl-C to stop the servers and remove everything.",
        ];
    }
}
