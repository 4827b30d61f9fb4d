using System.Diagnostics;
using System.Globalization;

namespace LoginEtl.Sandbox.Servers;

/// <summary>The programs found on PATH that the sandbox runs: Node.js and npm.</summary>
internal static class NodeInstallation
{
    private const int OldestMajor = 20;

    private const string Remedy =
        "The sandbox's servers are npm packages: install Node.js 20 or later (https://nodejs.org), which brings npm, " +
        "and run this again.";

    /// <exception cref="SandboxException">There is no node on PATH.</exception>
    public static string Node => Executables.Find("node") ?? throw new SandboxException($"Node.js (node) is not on PATH. {Remedy}");

    /// <exception cref="SandboxException">There is no npm on PATH.</exception>
    public static string Npm => Executables.Find("npm") ?? throw new SandboxException($"npm is not on PATH. {Remedy}");

    /// <exception cref="SandboxException">node is missing, does not run, or is too old.</exception>
    public static async Task RequireVersionAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Node, ["--version"]) { RedirectStandardOutput = true };
        using Process node = Process.Start(start)!;
        string version = (await node.StandardOutput.ReadToEndAsync(cancellationToken)).Trim();
        await node.WaitForExitAsync(cancellationToken);
        bool known = int.TryParse(version.TrimStart('v').Split('.')[0], CultureInfo.InvariantCulture, out int major);
        if (!known || major < OldestMajor) throw new SandboxException($"{start.FileName} is Node.js {version}. {Remedy}");
    }
}
