using System.Diagnostics;
using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>A progress bar that is drawn at most five times a second, and never in a host that nobody looks at.</summary>
internal sealed class ProgressBar(Cmdlet cmdlet, int id, string activity)
{
    private const string NonInteractive = "-noninteractive";

    // Shortest prefix that pwsh takes for it.
    private const int ShortestPrefix = 5;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);

    private readonly long _started = Stopwatch.GetTimestamp();
    private long _shown;

    /// <summary>Whether anybody looks.</summary>
    public static bool IsSeen { get; } = Environment.UserInteractive && !Environment.GetCommandLineArgs().Any(IsNonInteractive);

    /// <summary>Since it was made.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <summary>Draws it, where it is time.</summary>
    /// <param name="status">Asked only then.</param>
    public void Show(Func<Status> status)
    {
        if (!IsSeen || (_shown != 0 && Stopwatch.GetElapsedTime(_shown) < Shortest))
        {
            return;
        }

        _shown = Stopwatch.GetTimestamp();
        var (text, percent, seconds) = status();
        cmdlet.WriteProgress(new ProgressRecord(id, activity, text) { PercentComplete = percent, SecondsRemaining = seconds });
    }

    /// <summary>Takes it away. In a pipeline that stops, PowerShell does that, and nothing may be written any more.</summary>
    public void Complete()
    {
        if (_shown != 0 && !cmdlet.Stopping)
        {
            cmdlet.WriteProgress(new ProgressRecord(id, activity, "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    private static bool IsNonInteractive(string argument) =>
        argument.Length >= ShortestPrefix && NonInteractive.StartsWith(argument.Replace("--", "-", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    /// <summary>What a bar says; -1 where a number is not known.</summary>
    internal readonly record struct Status(string Text, int PercentComplete = -1, int SecondsRemaining = -1);
}
