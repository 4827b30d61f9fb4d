namespace LoginEtl.Sandbox.Servers;

/// <summary>A folder with initdb and postgres that the servers' account can run.</summary>
/// <param name="Folder">The folder with the two programs.</param>
internal sealed record PostgresBinaries(string Folder)
{
    private const string DebianFolder = "/usr/lib/postgresql";

    public string Initdb => Program(Folder, "initdb");

    public string Postgres => Program(Folder, "postgres");

    /// <summary>Takes the npm package's binaries, else Debian's.</summary>
    /// <param name="keeper">Runs them to see whether they do.</param>
    /// <param name="major">The version; null for the newest that runs.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="SandboxException">None of them runs here.</exception>
    public static async Task<PostgresBinaries> FindAsync(Keeper keeper, int? major, CancellationToken cancellationToken)
    {
        var tried = new List<string>();
        string[] candidates = [.. Candidates(major)];
        foreach (string candidate in candidates)
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
        string which = major is null ? "server" : $"{major} server";
        throw new SandboxException($"No PostgreSQL {which} runs here. Install one (Debian: apt-get install postgresql), " +
            "or name an existing database in LOGINETL_SANDBOX_DATABASE. Tried: " +
            string.Join("; ", tried.Count > 0 ? tried : candidates.Select(candidate => $"{candidate} (not there)")));
    }

    private static IEnumerable<string> Candidates(int? major)
    {
        if (PostgresPackage.Find(major) is { } package) yield return package.BinFolder;
        IEnumerable<string> versions = major is not null ? [$"{major}"] : DebianVersions();
        foreach (string version in versions) yield return Path.Combine(DebianFolder, version, "bin");
    }

    private static IEnumerable<string> DebianVersions() => Directory.Exists(DebianFolder)
        ? Directory.GetDirectories(DebianFolder).Select(path => Path.GetFileName(path))
            .OrderByDescending(name => int.TryParse(name, out int version) ? version : 0)
        : [];

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
