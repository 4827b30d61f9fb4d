using System.Runtime.InteropServices;

namespace LoginEtl.Worker;

/// <summary>Keeps the process's memory, with the logins that pass through it, out of files.</summary>
internal static class CoreDumps
{
    // sys/resource.h of Linux and macOS; linux/prctl.h
    private const int CoreFileSize = 4;
    private const int SetDumpable = 4;

    /// <summary>
    /// No core file is made when the process crashes. Where the system would not have it, a crash is as it was before, which
    /// is no reason not to run.
    /// </summary>
    public static void Refuse()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var none = default(Limit);
        _ = SetLimit(CoreFileSize, in none);
        if (OperatingSystem.IsLinux())
        {
            // A program that takes core dumps through a pipe is not bound by the limit.
            _ = Control(SetDumpable, 0);
        }
    }

    [DllImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetLimit(int resource, in Limit limit);

    [DllImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int option, nuint value);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit
    {
        public readonly ulong Soft;
        public readonly ulong Hard;
    }
}
