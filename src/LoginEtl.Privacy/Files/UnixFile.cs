using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LoginEtl.Files;

/// <summary>What a Unix system says of a file. .NET tells its mode, and neither its owner nor its kind.</summary>
/// <param name="Kind">In a word or two.</param>
/// <param name="Mode">Who may do what.</param>
/// <param name="Owner">User id.</param>
/// <param name="Group">Group id.</param>
internal readonly record struct UnixFile(string Kind, UnixFileMode Mode, uint Owner, uint Group)
{
    public const string File = "file", Folder = "folder", Link = "link", Device = "device";

    // The same on Linux and macOS.
    private const int NotPermitted = 1, NotThere = 2, NoAccess = 13, NoFolder = 20;

    /// <summary>The user whose rights this thread has.</summary>
    public static uint User => GetEffectiveUser();

    /// <summary>
    /// Whether it is this user's, or root's, who can do all that this user can.
    /// </summary>
    public bool IsTrusted => Owner == 0 || Owner == User;

    /// <summary>
    /// Whether it is a folder in which others may put something else in the place of what is there. Where it is sticky they
    /// may replace only what is their own.
    /// </summary>
    public bool LetsOthersReplace => Kind == Folder && (Mode & UnixFileMode.StickyBit) == 0 && LetsOthersWrite;

    /// <summary>Whether others may write it; a group that has nobody else in it is no others.</summary>
    public bool LetsOthersWrite =>
        (Mode & UnixFileMode.OtherWrite) != 0 || ((Mode & UnixFileMode.GroupWrite) != 0 && !PrivateGroup.Is(Group));

    /// <summary>What is at a path; of a link the link itself. Null where nothing is.</summary>
    /// <exception cref="UnauthorizedAccessException">A folder on the way may not be searched.</exception>
    /// <exception cref="IOException">The system cannot tell.</exception>
    public static UnixFile? Find(string path)
    {
        if (FileStatus.Find(path) is { } file)
        {
            return file;
        }

        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            NotThere or NoFolder => null,
            NoAccess or NotPermitted => throw new UnauthorizedAccessException(),
            _ => throw Fault(error),
        };
    }

    /// <summary>What was opened.</summary>
    /// <exception cref="IOException">The system cannot tell.</exception>
    public static UnixFile Of(SafeFileHandle handle) =>
        FileStatus.Of(handle) ?? throw Fault(Marshal.GetLastPInvokeError());

    /// <summary>Reads the mode with its kind (inode(7)).</summary>
    public static UnixFile Of(ushort mode, uint owner, uint group) => new(
        (mode & 0xF000) switch
        {
            0x8000 => File,
            0x4000 => Folder,
            0xA000 => Link,
            0x1000 => "named pipe",
            0xC000 => "socket",
            _ => Device,
        },
        (UnixFileMode)(mode & 0x0FFF), owner, group);

    /// <summary>What no other exception fits.</summary>
    public static IOException Fault(int error) => new($"The system's error {error}.");

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEffectiveUser();
}
