namespace LoginEtl.Sandbox.Servers;

/// <summary>The programs found on PATH that the sandbox runs: Node.js and npm.</summary>
internal static class NodeInstallation
{
    private const string Remedy =
        "The sandbox's servers are npm packages: install Node.js 20 or later (https://nodejs.org), which brings npm, " +
        "and run this again.";

    /// <exception cref="SandboxException">There is no node on PATH.</exception>
    public static string Node => Executables.Find("node") ?? throw new SandboxException($"Node.js (node) is not on PATH. {Remedy}");

    /// <exception cref="SandboxException">There is no npm on PATH.</exception>
    public static string Npm => Executables.Find("npm") ?? throw new SandboxException($"npm is not on PATH. {Remedy}");
}
