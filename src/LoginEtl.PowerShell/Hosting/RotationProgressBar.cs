using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using LoginEtl.Rotation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>A rotation's progress, at most five times a second.</summary>
internal sealed class RotationProgressBar(Cmdlet cmdlet, string table)
{
    private const int Id = 0x106E72;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _shown;

    public void Show(RotationProgress progress)
    {
        if (_shown != 0 && Stopwatch.GetElapsedTime(_shown) < Shortest)
        {
            return;
        }

        _shown = Stopwatch.GetTimestamp();
        var elapsed = Stopwatch.GetElapsedTime(_started);
        var rate = progress.RowsUpdated / Math.Max(elapsed.TotalSeconds, 0.001);
        cmdlet.WriteProgress(new ProgressRecord(
            Id, $"{table}: tokens", string.Create(CultureInfo.InvariantCulture, $"pass {progress.Pass}, {progress.RowsUpdated} rows updated, {rate:0} a second"))
        {
            PercentComplete = (int)(progress.Done * 100),
            SecondsRemaining = progress.Done > 0 && progress.Pass == 1 ? (int)(elapsed.TotalSeconds * (1 - progress.Done) / progress.Done) : -1,
        });
    }

    public void Complete()
    {
        if (_shown != 0)
        {
            cmdlet.WriteProgress(new ProgressRecord(Id, $"{table}: tokens", "done") { RecordType = ProgressRecordType.Completed });
        }
    }
}
