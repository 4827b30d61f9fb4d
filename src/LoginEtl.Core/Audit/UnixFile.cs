using System.Runtime.InteropServices;
using LoginEtl.Faults;
using Microsoft.Win32.SafeHandles;

namespace LoginEtl.Audit;

/// <summary>
/// Opens files of Unix systems without following a link and without waiting for anybody, and tells what was opened: .NET
/// does neither, and takes a pipe or a device for a file.
/// </summary>
internal static class UnixFile
{
    // open(2), flock(2), statx(2) of Linux and stat(2) of macOS: numbers that differ have the system's name.
    private static readonly bool IsMac = OperatingSystem.IsMacOS();
    private static readonly int NoFollow = IsMac ? 0x100
        : RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le ? 0x8000 : 0x20000;

    private static readonly int NonBlockCloseOnExec = IsMac ? 0x4 | 0x1000000 : 0x800 | 0x80000;
    private static readonly int TooManyLinks = IsMac ? 62 : 40;
    private static readonly int InUse = IsMac ? 35 : 11;

    /// <summary>Whom this process's files belong to.</summary>
    public static uint User => EffectiveUser();

    /// <summary>Opens a file that is there; null when nothing is.</summary>
    /// <returns>It, and whose it is.</returns>
    /// <exception cref="LoginEtlException"><c>AuditFileNotOurs</c>: a link, or no file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not.</exception>
    public static (SafeFileHandle Handle, uint Owner)? Open(string path, FileAccess access)
    {
        // Asked before, because opening a device may do something by itself.
        if (!IsMac && Look(-100, path) is var (before, _))
        {
            RequireFile(path, before);
        }

        var descriptor = Open(path, (access == FileAccess.Read ? 0 : 2) | NoFollow | NonBlockCloseOnExec);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                2 or 20 => null,
                1 or 13 => throw new UnauthorizedAccessException(),
                6 => throw AuditFaults.NotOurs(path, "it is no file"),
                var error when error == TooManyLinks => throw AuditFaults.NotOurs(path, AuditFaults.IsLink),
                _ => throw Fault(),
            };
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            var (type, owner) = Look(descriptor, "")!.Value;
            RequireFile(path, type);
            return (handle, owner);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Takes the lock that .NET's own files take; false when another has it.</summary>
    public static bool TryLock(SafeFileHandle handle, bool alone) =>
        Lock(handle, (alone ? 2 : 1) | 4) == 0 || Marshal.GetLastPInvokeError() != InUse;

    private static void RequireFile(string path, int type)
    {
        if (type != 0x8000)
        {
            throw AuditFaults.NotOurs(path, type == 0xA000 ? AuditFaults.IsLink : "it is no file");
        }
    }

    // Of a link, the link itself; null when nothing is there.
    private static (int Type, uint Owner)? Look(int folderOrFile, string path)
    {
        var answer = new byte[256];
        var failed = !IsMac ? LinuxLook(folderOrFile, path, 0x100 | (path.Length == 0 ? 0x1000 : 0), 0x1 | 0x2 | 0x8, answer)
            : RuntimeInformation.ProcessArchitecture == Architecture.X64 ? MacX64Look(folderOrFile, answer) : MacLook(folderOrFile, answer);
        return failed == 0 ? (BitConverter.ToUInt16(answer, IsMac ? 4 : 28) & 0xF000, BitConverter.ToUInt32(answer, IsMac ? 16 : 20))
            : Marshal.GetLastPInvokeError() is 2 or 20 ? null
            : Marshal.GetLastPInvokeError() == 13 ? throw new UnauthorizedAccessException()
            : throw Fault();
    }

    private static IOException Fault() => new($"errno {Marshal.GetLastPInvokeError()}");

    [DllImport("libc", EntryPoint = "open", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Lock(SafeFileHandle handle, int operation);

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveUser();

    [DllImport("libc", EntryPoint = "statx", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int LinuxLook(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] answer);

    [DllImport("libc", EntryPoint = "fstat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MacLook(int file, [Out] byte[] answer);

    [DllImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MacX64Look(int file, [Out] byte[] answer);
}
