using LoginEtl.Files;

namespace LoginEtl.Keysets;

/// <summary>
/// Where the path of a key leads, through links too. Each folder on the way is asked whether others may put something else
/// in its place, from the root down: what was found below a folder that nobody else may change stays what it was.
/// </summary>
internal static class KeyPath
{
    // As many as Linux follows (path_resolution(7)).
    private const int MostLinks = 40;

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

    private static string? Follow(string path)
    {
        var here = "/";
        var rest = new Stack<string>();
        Push(rest, Path.GetFullPath(path));
        rest.Push(here);
        for (var links = 0; rest.TryPop(out var name);)
        {
            if (name == "..")
            {
                here = Path.GetDirectoryName(here) ?? "/";
                continue;
            }

            var next = Path.Combine(here, name);
            if (UnixFile.Find(next) is not { } found)
            {
                return null;
            }

            KeyFilePermissions.RequireOwner(next, found, path);
            switch (found.Kind)
            {
                case UnixFile.Link:
                    var target = ++links <= MostLinks ? new FileInfo(next).LinkTarget ?? throw new FileNotFoundException() : throw new IOException("Too many links.");
                    here = target.StartsWith('/') ? "/" : here;
                    Push(rest, target);
                    continue;
                case UnixFile.Folder:
                    KeyFilePermissions.RequireFolder(next, found, path);
                    break;
            }

            here = next;
        }

        return here;
    }

    private static void Push(Stack<string> rest, string path)
    {
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(n => n != ".").Reverse())
        {
            rest.Push(name);
        }
    }
}
