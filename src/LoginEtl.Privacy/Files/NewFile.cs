using System.Runtime.InteropServices;

namespace LoginEtl.Files;

/// <summary>Gives a finished file its name.</summary>
internal static class NewFile
{
    // errno(3): EEXIST.
    private const int IsThere = 17;

    /// <summary>
    /// Gives it a name that nothing has. Of many that want one name at once, one gets it: .NET's own move looks first and
    /// then replaces, and between the two another file may come.
    /// </summary>
    /// <exception cref="IOException">Something has that name, or the file cannot be moved.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not.</exception>
    public static void Name(string file, string name)
    {
        if (!OperatingSystem.IsWindows())
        {
            if (Link(file, name) == 0)
            {
                // What is left of a kill between the two is a second name of the same file.
                File.Delete(file);
                return;
            }

            if (Marshal.GetLastPInvokeError() == IsThere)
            {
                throw new IOException("Something has that name.");
            }
        }

        // On Windows it is one step; and some file systems give a file one name only.
        File.Move(file, name, overwrite: false);
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string file, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
