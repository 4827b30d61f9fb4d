using LoginEtl.Files;

namespace LoginEtl.Keysets;

/// <summary>Where the path of a key leads, by folders and links in whose place others can put nothing else.</summary>
internal static class KeyPath
{
    /// <summary>The path that it leads to, which has no links.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetPermissions</c>.</exception>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be searched.</exception>
    /// <exception cref="IOException">It leads nowhere.</exception>
    public static string Resolve(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            return Follow(path) ?? throw new FileNotFoundException();
        }

        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        foreach (var folder in new[] { path, target }.Select(p => Path.GetDirectoryName(Path.GetFullPath(p))!).Distinct().Where(Directory.Exists))
        {
            KeyFilePermissions.RequireFolderOnWindows(folder);
        }

        return target;
    }

    /// <summary>Asks a folder, and those on the way to it, as far as they are there.</summary>
    /// <inheritdoc cref="Resolve"/>
    public static void RequireFolder(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            Follow(folder);
        }
        else if (Directory.Exists(folder))
        {
            KeyFilePermissions.RequireFolderOnWindows(folder);
        }
    }

    private static string? Follow(string path) => UnixPath.Follow(path, (place, found) =>
    {
        KeyFilePermissions.RequireOwner(place, found, path);
        KeyFilePermissions.RequireFolder(place, found, path);
    });
}
