using System.Text.Json;

namespace LoginEtl.Sandbox.Servers;

/// <summary>
/// The symlinks that PostgreSQL's libraries need. npm packages cannot hold symlinks: this one lists them in
/// pg-symlinks.json for an install script, and the sandbox runs no package's scripts.
/// </summary>
internal static class PostgresSymlinks
{
    public static void Create(string package)
    {
        string list = Path.Combine(package, "native", "pg-symlinks.json");
        if (!File.Exists(list)) return;
        using JsonDocument links = JsonDocument.Parse(File.ReadAllBytes(list));
        foreach (JsonElement link in links.RootElement.EnumerateArray())
        {
            string source = Path.Combine(package, link.GetProperty("source").GetString()!);
            string target = Path.Combine(package, link.GetProperty("target").GetString()!);
            if (File.Exists(target)) continue;
            File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
        }
    }
}
