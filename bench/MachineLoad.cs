using System.Globalization;
using System.Runtime.InteropServices;

namespace LoginEtl.Bench;

/// <summary>What else goes on here: figures from a busy machine are worth less.</summary>
internal static class MachineLoad
{
    private const string File = "/proc/loadavg";

    /// <summary>Processes that ran or wanted to, on average over the last minute; null where the system does not say.</summary>
    public static double? Now => System.IO.File.Exists(File)
        ? double.Parse(System.IO.File.ReadAllText(File).Split(' ')[0], CultureInfo.InvariantCulture)
        : null;

    public static string Machine =>
        $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSArchitecture}, {RuntimeInformation.FrameworkDescription}";
}
