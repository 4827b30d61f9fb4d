using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LoginEtl.Files;

/// <summary>Asks the system for <see cref="UnixFile"/>s. Null where it refuses; its error is the last one of the platform.</summary>
internal static class FileStatus
{
    // statx(2): one layout on every processor, unlike that of stat(2).
    private const int CurrentFolder = -100, NoFollow = 0x100, EmptyPath = 0x1000, BasicFields = 0x7FF;

    // fstatat(2) of macOS.
    private const int MacCurrentFolder = -2, MacNoFollow = 0x20;

    // Of either answer, with room to spare.
    private const int AnswerLength = 256;

    /// <summary>What is at a path; of a link the link itself.</summary>
    public static UnixFile? Find(string path)
    {
        var answer = new byte[AnswerLength];
        return !OperatingSystem.IsMacOS() ? Linux(StatX(CurrentFolder, path, NoFollow, BasicFields, answer), answer)
            : Mac(HasOldNames ? OldFStatAt(MacCurrentFolder, path, answer, MacNoFollow) : FStatAt(MacCurrentFolder, path, answer, MacNoFollow), answer);
    }

    /// <summary>What was opened.</summary>
    public static UnixFile? Of(SafeFileHandle handle)
    {
        var answer = new byte[AnswerLength];
        return !OperatingSystem.IsMacOS() ? Linux(StatX(handle, "", EmptyPath, BasicFields, answer), answer)
            : Mac(HasOldNames ? OldFStat(handle, answer) : FStat(handle, answer), answer);
    }

    // Where macOS had 32 bits for a file's number once, the calls with 64 have names of their own.
    private static bool HasOldNames => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private static UnixFile? Linux(int result, byte[] answer) =>
        result != 0 ? null : UnixFile.Of(BitConverter.ToUInt16(answer, 28), BitConverter.ToUInt32(answer, 20), BitConverter.ToUInt32(answer, 24));

    private static UnixFile? Mac(int result, byte[] answer) =>
        result != 0 ? null : UnixFile.Of(BitConverter.ToUInt16(answer, 4), BitConverter.ToUInt32(answer, 16), BitConverter.ToUInt32(answer, 20));

    [DllImport("libc", EntryPoint = "statx", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint fields, [Out] byte[] answer);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(SafeFileHandle file, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint fields, [Out] byte[] answer);

    [DllImport("libc", EntryPoint = "fstatat", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FStatAt(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, [Out] byte[] answer, int flags);

    [DllImport("libc", EntryPoint = "fstatat$INODE64", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OldFStatAt(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, [Out] byte[] answer, int flags);

    [DllImport("libc", EntryPoint = "fstat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FStat(SafeFileHandle file, [Out] byte[] answer);

    [DllImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OldFStat(SafeFileHandle file, [Out] byte[] answer);
}
