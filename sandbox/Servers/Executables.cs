using System.Runtime.InteropServices;

namespace LoginEtl.Sandbox.Servers;

/// <summary>Programs of the machine.</summary>
internal static class Executables
{
    /// <summary>The dotnet whose runtime this process runs on, which need not be on PATH.</summary>
    public static string Dotnet { get; } = Path.GetFullPath(
        Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    /// <summary>The full path of a program on PATH, or null.</summary>
    public static string? Find(string program) => Find(program, Environment.GetEnvironmentVariable("PATH"));

    /// <summary>The full path of a program in the folders of a search path, or null.</summary>
    public static string? Find(string program, string? searchPath)
    {
        string[] suffixes = OperatingSystem.IsWindows() ? [".exe", ".cmd"] : [""];
        string[] folders = (searchPath ?? "").Split(Path.PathSeparator);
        return folders.Where(Path.IsPathRooted)
            .SelectMany(folder => suffixes.Select(suffix => Path.Combine(folder, program + suffix)))
            .FirstOrDefault(File.Exists);
    }
}
