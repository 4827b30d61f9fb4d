using System.Diagnostics;

namespace LoginEtl.Bench;

/// <summary>Programs that a bench starts: another build's or its own, each in a process of its own.</summary>
internal static class BenchChild
{
    public static string ThisProgram => typeof(BenchChild).Assembly.Location;

    /// <summary>Its errors are shown; input and output are the caller's.</summary>
    public static Process Start(string program, IEnumerable<string> arguments) => Process.Start(
        new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
}
