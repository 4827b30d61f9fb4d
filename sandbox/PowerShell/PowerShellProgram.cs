namespace LoginEtl.Sandbox.PowerShell;

/// <summary>
/// A PowerShell that can run the module: the program itself and no launcher before it, so that signals and the end of
/// the process mean PowerShell's.
/// </summary>
/// <param name="Command">Full path: pwsh, or dotnet.</param>
/// <param name="LeadingArguments">Come before PowerShell's own: pwsh.dll where the program is dotnet.</param>
/// <param name="Version">Its version, without a preview's suffix.</param>
internal sealed record PowerShellProgram(string Command, IReadOnlyList<string> LeadingArguments, Version Version)
{
    /// <summary>What the module's manifest asks for.</summary>
    public static readonly Version Oldest = new(7, 6);

    /// <summary>Why the pwsh on PATH is not used; null when it is, or when there is none.</summary>
    public string? PassedBy { get; init; }

    /// <summary>PowerShell's arguments as the program takes them.</summary>
    public IEnumerable<string> Arguments(params IEnumerable<string> own) => [.. LeadingArguments, .. own];
}
