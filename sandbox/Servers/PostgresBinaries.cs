namespace LoginEtl.Sandbox.Servers;

/// <summary>A folder with initdb and postgres that the servers' account can run.</summary>
/// <param name="Folder">The folder with the two programs.</param>
internal sealed record PostgresBinaries(string Folder)
{
    private const string DebianFolder = "/usr/lib/postgresql";

    public string Initdb => Program(Folder, "initdb");

    public string Postgres => Program(Folder, "postgres");

    /// <summary>Takes the npm package's binaries, else the newest of Debian's.</summary>
    /// <exception cref="SandboxException">None of them runs here.</exception>
    public static async Task<PostgresBinaries> FindAsync(
        Keeper keeper, string? folder, CancellationToken cancellationToken)
    {
        var tried = new List<string>();
        foreach (string candidate in folder is not null ? [folder] : Candidates())
        {
            if (!File.Exists(Program(candidate, "postgres"))) continue;
            ProgramEnd end = await TryAsync(keeper, candidate, cancellationToken);
            if (end.Succeeded) return new PostgresBinaries(candidate);
            if (keeper.Account is not null && !OperatingSystem.IsWindows())
            {
                // The account may only lack a way to it, as into a clone in another user's home.
                string copy = PostgresCopy.Make(candidate, keeper.Folder);
                end = await TryAsync(keeper, copy, cancellationToken);
                if (end.Succeeded) return new PostgresBinaries(copy);
            }
            tried.Add($"{candidate}: {end.Output.Trim()}");
        }
        throw new SandboxException("No PostgreSQL server runs here. Install one (Debian: apt-get install postgresql), " +
            "or name an existing database in LOGINETL_SANDBOX_DATABASE. Tried: " +
            (tried.Count > 0 ? string.Join("; ", tried) : $"{ServerPackages.PostgresPackage} (no such package), " +
                $"{DebianFolder} (no such folder)"));
    }

    private static IEnumerable<string> Candidates()
    {
        yield return Path.Combine(ServerPackages.PostgresPackage, "native", "bin");
        if (!Directory.Exists(DebianFolder)) yield break;
        var versions = Directory.GetDirectories(DebianFolder)
            .OrderByDescending(path => int.TryParse(Path.GetFileName(path), out int version) ? version : 0);
        foreach (string version in versions) yield return Path.Combine(version, "bin");
    }

    private static async Task<ProgramEnd> TryAsync(Keeper keeper, string folder, CancellationToken cancellationToken)
    {
        try
        {
            return await keeper.RunAsync(new ProgramStart("postgres --version", Program(folder, "postgres"), ["--version"])
            {
                Account = keeper.Account,
            }, cancellationToken);
        }
        catch (SandboxException failure)
        {
            return new ProgramEnd(null, null, failure.Message);
        }
    }

    private static string Program(string folder, string name) =>
        Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name);
}
