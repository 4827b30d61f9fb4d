using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using LoginEtl.Running;
using LoginEtl.Settlement;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>A run's progress, at most five times a second.</summary>
internal sealed class RunProgress(Cmdlet cmdlet, string activity)
{
    private const int Id = 0x106E71;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _shown;
    private long _settled;
    private long _written;

    public void Add(BatchReport batch)
    {
        _settled += batch.Outcomes.Count;
        _written += batch.Count(Outcome.Written);
        if (_shown != 0 && Stopwatch.GetElapsedTime(_shown) < Shortest)
        {
            return;
        }

        _shown = Stopwatch.GetTimestamp();
        var rate = _settled / Math.Max(Stopwatch.GetElapsedTime(_started).TotalSeconds, 0.001);
        cmdlet.WriteProgress(new ProgressRecord(
            Id, activity, string.Create(CultureInfo.InvariantCulture, $"{_settled} settled, {_written} written, {rate:0} a second")));
    }

    public void Complete()
    {
        if (_shown != 0)
        {
            cmdlet.WriteProgress(new ProgressRecord(Id, activity, "done") { RecordType = ProgressRecordType.Completed });
        }
    }
}
