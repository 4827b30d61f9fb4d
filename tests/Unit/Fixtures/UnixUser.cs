using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Xunit;

namespace LoginEtl.Unit.Fixtures;

/// <summary>
/// Another user of this machine, for a moment: on Linux the identity is a thread's own where the system call is made for
/// that thread alone (credentials(7)), so the kernel itself decides what it may do. It takes root to become another.
/// </summary>
internal static class UnixUser
{
    /// <summary>No account of this machine, and no group of one.</summary>
    public const int Other = 64321;

    /// <summary>Skips a test that needs another user, or files of one.</summary>
    public static void RequireRoot() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Numbers is not null,
        "Files of other users, and becoming one, take root on Linux (x64 or arm64).");

    /// <summary>Does something as a user that is in one group.</summary>
    public static void Run(int user, int group, Action work)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Become(user, group);
                work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    public static void Own(string path, int user, int group = 0) => Expect(chown(path, user, group));

    /// <summary>Of the link itself.</summary>
    public static void OwnLink(string path, int user) => Expect(lchown(path, user, user));

    /// <summary>In the place of what is there, a link to a folder too.</summary>
    public static void Rename(string from, string to) => Expect(rename(from, to));

    public static void MakePipe(string path) => Expect(mkfifo(path, 0x180));

    // This thread is not used for anything else: it does not come back.
    private static void Become(int user, int group)
    {
        var (setGroups, setGroup, setUser) = Numbers!.Value;
        Expect((int)syscall(setGroups, 0, 0, 0));
        Expect((int)syscall(setGroup, group, group, group));
        Expect((int)syscall(setUser, user, user, user));
    }

    // setgroups, setresgid, setresuid.
    private static (int Groups, int Group, int User)? Numbers => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => (116, 119, 117),
        Architecture.Arm64 => (159, 149, 147),
        _ => null,
    };

    private static void Expect(int result) => Assert.True(result == 0, $"The system refused it ({Marshal.GetLastPInvokeError()}).");

#pragma warning disable IDE1006, CA2101 // The names are the system's.
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint syscall(nint number, nint first, nint second, nint third);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int chown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int user, int group);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int lchown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int user, int group);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int mkfifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int rename([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);
#pragma warning restore IDE1006, CA2101
}
