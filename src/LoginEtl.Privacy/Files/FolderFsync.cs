using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LoginEtl.Files;

/// <summary>Brings the names in a folder to disk, where a file's own flush brings its content alone (fsync(2)).</summary>
internal static class FolderFsync
{
    // Of all Unix systems that .NET runs on.
    private const int ReadOnly = 0;

    /// <summary>
    /// False where the system or the file system cannot: Windows has no such call, and writes names to its journal within
    /// seconds.
    /// </summary>
    public static bool Try(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        try
        {
            // .NET itself opens no folders.
            using var handle = new SafeFileHandle(Open(folder, ReadOnly), ownsHandle: true);
            if (handle.IsInvalid)
            {
                return false;
            }

            RandomAccess.FlushToDisk(handle);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "open", BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
