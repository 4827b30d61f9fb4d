using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LoginEtl.Unit.Pester;

/// <summary>Processes that a PowerShell has left running, found by a variable of its environment; on Linux alone.</summary>
internal static class LeftProcesses
{
    /// <summary>Is inherited by all that a PowerShell starts; its value tells one PowerShell's from another's.</summary>
    public const string Variable = "LOGINETL_TEST_RUN";

    // One that was killed at the end may take a moment.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    /// <summary>Their command lines; they are ended.</summary>
    public static async Task<IReadOnlyList<string>> EndAsync(string value, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        List<int> left;
        // Twice: of one that is just becoming another program nothing can be read.
        for (var empty = 0; ; await Task.Delay(100, cancellationToken))
        {
            left = Find($"{Variable}={value}");
            empty = left.Count == 0 ? empty + 1 : 0;
            if (empty == 2 || (left.Count > 0 && clock.Elapsed >= Grace))
            {
                break;
            }
        }

        var told = new List<string>();
        foreach (var id in left)
        {
            told.Add(Read(id, "cmdline").Replace('\0', ' ').TrimEnd());
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
            }
            catch (ArgumentException)
            {
                // It has just ended.
            }
        }

        return told;
    }

    private static List<int> Find(string variable) => !OperatingSystem.IsLinux()
        ? []
        : [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(id => Read(id, "environ").Split('\0').Contains(variable))];

    private static string Read(int id, string file)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{id}/{file}"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // Ended, or another's.
            return "";
        }
    }
}
