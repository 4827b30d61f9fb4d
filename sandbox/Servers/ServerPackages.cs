namespace LoginEtl.Sandbox.Servers;

/// <summary>The npm packages of sandbox/npm: the SQS server. PostgreSQL has folders of its own there.</summary>
internal static class ServerPackages
{
    private static readonly NpmPackages Packages = new(FindFolder());

    /// <summary>sandbox/npm of the clone that this program was built in.</summary>
    public static string Folder => Packages.Folder;

    /// <summary>Runs npm ci unless the installed packages are those of the lock file. One process at a time.</summary>
    /// <exception cref="SandboxException">Node.js or npm is missing, or npm failed.</exception>
    public static Task InstallAsync(Action<string>? report, CancellationToken cancellationToken) =>
        Packages.InstallAsync(
            () => report?.Invoke("Installing the SQS server (npm ci in sandbox/npm, first time only) …"),
            after: null,
            cancellationToken);

    private static string FindFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string packages = Path.Combine(folder.FullName, "sandbox", "npm");
            if (File.Exists(Path.Combine(packages, "package-lock.json"))) return packages;
        }
        throw new SandboxException($"No folder above {AppContext.BaseDirectory} has sandbox/npm. " +
            "Run the sandbox from a clone of the repository.");
    }
}
