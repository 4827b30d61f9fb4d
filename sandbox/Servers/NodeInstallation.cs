namespace LoginEtl.Sandbox.Servers;

/// <summary>The programs found on PATH that the sandbox runs: Node.js and npm.</summary>
internal static class NodeInstallation
{
    private const string Remedy =
        "The sandbox's servers are npm packages: install Node.js 20 or later (https://nodejs.org), which brings npm, " +
        "and run this again.";

    /// <exception cref="SandboxException">There is no node on PATH.</exception>
    public static string Node => Find("node") ?? throw new SandboxException($"Node.js (node) is not on PATH. {Remedy}");

    /// <exception cref="SandboxException">There is no npm on PATH.</exception>
    public static string Npm => Find("npm") ?? throw new SandboxException($"npm is not on PATH. {Remedy}");

    /// <summary>The full path of a program on PATH, or null.</summary>
    public static string? Find(string program)
    {
        string[] suffixes = OperatingSystem.IsWindows() ? [".exe", ".cmd"] : [""];
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.Where(Path.IsPathRooted)
            .SelectMany(folder => suffixes.Select(suffix => Path.Combine(folder, program + suffix)))
            .FirstOrDefault(File.Exists);
    }
}
