using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LoginEtl.Files;

/// <summary>
/// Opens files of Unix systems without following a link and without waiting for anybody: .NET does neither, and takes a
/// pipe or a device for a file.
/// </summary>
internal static class CarefulFile
{
    // errno(3), where all systems agree: EPERM, ENOENT, ENXIO (a socket), EACCES, ENOTDIR.
    private const int NotPermitted = 1, NoEntry = 2, NoDevice = 6, AccessDenied = 13, NotAFolder = 20;

    // flock(2): LOCK_SH, LOCK_EX, LOCK_NB.
    private const int Shared = 1, Alone = 2, AtOnce = 4;

    // Where they do not: ELOOP, EWOULDBLOCK, and O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC of open(2).
    private static readonly bool IsMac = OperatingSystem.IsMacOS();
    private static readonly int TooManyLinks = IsMac ? 62 : 40;
    private static readonly int InUse = IsMac ? 35 : 11;
    private static readonly int Careful = IsMac ? 0x100 | 0x4 | 0x1000000 : LinuxNoFollow | 0x800 | 0x80000;

    private static int LinuxNoFollow =>
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le ? 0x8000 : 0x20000;

    /// <summary>Opens what is at a path.</summary>
    /// <returns>What is there, null when nothing is; and the file when it is one.</returns>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not.</exception>
    public static (UnixFile? Found, SafeFileHandle? Handle) Open(string path, FileAccess access)
    {
        // Asked before, because opening a device may do something by itself.
        var there = UnixFile.Find(path);
        if (there is not { Kind: UnixFile.File } before)
        {
            return (there, null);
        }

        var descriptor = Open(path, (access == FileAccess.Read ? 0 : 2) | Careful);
        if (descriptor < 0)
        {
            // Whatever stands there by now is told by the next look.
            return Marshal.GetLastPInvokeError() switch
            {
                NoEntry or NotAFolder => (null, null),
                NotPermitted or AccessDenied => throw new UnauthorizedAccessException(),
                NoDevice => (before with { Kind = UnixFile.Device }, null),
                var error when error == TooManyLinks => (before with { Kind = UnixFile.Link }, null),
                var error => throw UnixFile.Fault(error),
            };
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            var found = UnixFile.Of(handle);
            if (found.Kind == UnixFile.File)
            {
                return (found, handle);
            }

            handle.Dispose();
            return (found, null);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Takes the lock that .NET's own files take; false when another has it.</summary>
    public static bool TryLock(SafeFileHandle handle, bool alone) =>
        Lock(handle, (alone ? Alone : Shared) | AtOnce) == 0 || Marshal.GetLastPInvokeError() != InUse;

    [DllImport("libc", EntryPoint = "open", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Lock(SafeFileHandle handle, int operation);
}
