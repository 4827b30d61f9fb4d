namespace LoginEtl.Files;

/// <summary>
/// Where a path leads, through links too. Whoever follows it is asked about each thing on the way, from the root down: what
/// is below a folder that nobody else may change stays what it was found to be.
/// </summary>
internal static class UnixPath
{
    // As many as Linux follows (path_resolution(7)).
    private const int MostLinks = 40;

    /// <summary>The path that it leads to, which has no links; null where nothing is.</summary>
    /// <param name="path">Where to begin.</param>
    /// <param name="ask">Refuses, by throwing, what must not be on the way: a place, and what was found there.</param>
    /// <exception cref="UnauthorizedAccessException">A folder may not be searched.</exception>
    /// <exception cref="IOException">It leads nowhere.</exception>
    public static string? Follow(string path, Action<string, UnixFile> ask)
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

            ask(next, found);
            if (found.Kind != UnixFile.Link)
            {
                here = next;
                continue;
            }

            var target = ++links <= MostLinks ? new FileInfo(next).LinkTarget ?? throw new FileNotFoundException() : throw new IOException("Too many links.");
            here = target.StartsWith('/') ? "/" : here;
            Push(rest, target);
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
