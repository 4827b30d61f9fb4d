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
    // stat(2): the type of a file among the bits of its mode.
    private const int TypeMask = 0xF000;
    private const int RegularType = 0x8000;
    private const int LinkType = 0xA000;

    // statx(2) of Linux: AT_FDCWD, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH; STATX_TYPE, STATX_MODE, STATX_UID.
    private const int ThisFolder = -100;
    private const int NotFollowed = 0x100;
    private const int OfTheFileItself = 0x1000;
    private const uint TypeModeAndOwner = 0x1 | 0x2 | 0x8;
    private const int LargestAnswer = 256;

    // errno(3), where all systems agree: EPERM, ENOENT, ENXIO (a socket), EACCES, ENOTDIR.
    private const int NotPermitted = 1;
    private const int NoEntry = 2;
    private const int NoDevice = 6;
    private const int AccessDenied = 13;
    private const int NotAFolder = 20;

    // flock(2): LOCK_SH, LOCK_EX, LOCK_NB.
    private const int Shared = 1;
    private const int Alone = 2;
    private const int AtOnce = 4;

    // Where they do not: ELOOP, EWOULDBLOCK, and O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC of open(2).
    private static readonly bool IsMac = OperatingSystem.IsMacOS();
    private static readonly int TooManyLinks = IsMac ? 62 : 40;
    private static readonly int InUse = IsMac ? 35 : 11;
    private static readonly int Careful = IsMac ? 0x100 | 0x4 | 0x1000000 : LinuxNoFollow | 0x800 | 0x80000;

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
        if (!IsMac && Look(ThisFolder, path) is var (before, _))
        {
            RequireFile(path, before);
        }

        var descriptor = Open(path, (access == FileAccess.Read ? 0 : 2) | Careful);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                NoEntry or NotAFolder => null,
                NotPermitted or AccessDenied => throw new UnauthorizedAccessException(),
                NoDevice => throw AuditFaults.NotOurs(path, AuditFaults.IsNoFile),
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
        Lock(handle, (alone ? Alone : Shared) | AtOnce) == 0 || Marshal.GetLastPInvokeError() != InUse;

    private static void RequireFile(string path, int type)
    {
        if (type != RegularType)
        {
            throw AuditFaults.NotOurs(path, type == LinkType ? AuditFaults.IsLink : AuditFaults.IsNoFile);
        }
    }

    // Of a link, the link itself; null when nothing is there.
    private static (int Type, uint Owner)? Look(int folderOrFile, string path)
    {
        var answer = new byte[LargestAnswer];
        var failed = !IsMac ? LinuxLook(folderOrFile, path, NotFollowed | (path.Length == 0 ? OfTheFileItself : 0), TypeModeAndOwner, answer)
            : RuntimeInformation.ProcessArchitecture == Architecture.X64 ? MacX64Look(folderOrFile, answer) : MacLook(folderOrFile, answer);
        return failed == 0 ? (BitConverter.ToUInt16(answer, IsMac ? 4 : 28) & TypeMask, BitConverter.ToUInt32(answer, IsMac ? 16 : 20))
            : Marshal.GetLastPInvokeError() is NoEntry or NotAFolder ? null
            : Marshal.GetLastPInvokeError() == AccessDenied ? throw new UnauthorizedAccessException()
            : throw Fault();
    }

    private static int LinuxNoFollow =>
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le ? 0x8000 : 0x20000;

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
