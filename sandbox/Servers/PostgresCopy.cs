using System.Runtime.Versioning;

namespace LoginEtl.Sandbox.Servers;

/// <summary>A copy of PostgreSQL's files (55 MB) in a place that its account can reach.</summary>
internal static class PostgresCopy
{
    /// <summary>Copies the installation around a bin folder and returns the copy's bin folder.</summary>
    [UnsupportedOSPlatform("windows")]
    public static string Make(string binFolder, string intoFolder)
    {
        string copy = Path.Combine(intoFolder, "postgres");
        CopyFolder(Path.GetDirectoryName(binFolder)!, copy);
        return Path.Combine(copy, Path.GetFileName(binFolder));
    }

    [UnsupportedOSPlatform("windows")]
    private static void CopyFolder(string from, string to)
    {
        const UnixFileMode open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        Directory.CreateDirectory(to);
        File.SetUnixFileMode(to, open);
        foreach (FileSystemInfo entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            string target = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(target, link);
            }
            else if (entry is DirectoryInfo folder)
            {
                CopyFolder(folder.FullName, target);
            }
            else if (entry.Extension != ".a")
            {
                File.Copy(entry.FullName, target);
                File.SetUnixFileMode(target, open);
            }
        }
    }
}
