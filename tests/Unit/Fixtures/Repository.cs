namespace LoginEtl.Unit.Fixtures;

/// <summary>Files of the clone that the tests were built in.</summary>
public static class Repository
{
    /// <summary>The folder with LoginEtl.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The full path of a file named from the root, with forward slashes.</summary>
    public static string PathOf(string relative) => Path.GetFullPath(Path.Combine(Root, relative));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "LoginEtl.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside a clone.");
    }
}
