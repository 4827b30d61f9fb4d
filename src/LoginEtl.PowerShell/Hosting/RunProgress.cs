using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using LoginEtl.Records;
using LoginEtl.Running;
using LoginEtl.Settlement;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// A run's progress, at most five times a second: received, written, rate, and by the queue's own count what waits and
/// how long it will take. Silent in a host that nobody looks at.
/// </summary>
internal sealed class RunProgress(Cmdlet cmdlet, string activity)
{
    private const int Id = 0x106E71;
    private const string NonInteractive = "-noninteractive";

    // Shortest prefix that pwsh takes for it.
    private const int ShortestPrefix = 5;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);
    private static readonly bool IsSeen = Environment.UserInteractive && !Environment.GetCommandLineArgs().Any(IsNonInteractive);

    private readonly HashSet<ReceivingRun> _runs = [];
    private readonly long _started = Stopwatch.GetTimestamp();
    private ReceivingRun? _latest;
    private long _shown;
    private long _settled;
    private long _written;

    public void Add(BatchReport batch)
    {
        if (!IsSeen)
        {
            return;
        }

        _settled += batch.Outcomes.Count;
        _written += batch.Count(Outcome.Written) + batch.Count(Outcome.Updated);
        foreach (var login in batch.Logins)
        {
            if (login.GetDelivery() is QueueDelivery { Book.Run: { } run } && run != _latest)
            {
                _runs.Add(run);
                _latest = run;
            }
        }

        if (_shown == 0 || Stopwatch.GetElapsedTime(_shown) >= Shortest)
        {
            _shown = Stopwatch.GetTimestamp();
            cmdlet.WriteProgress(Record());
        }
    }

    public void Complete()
    {
        if (_shown != 0)
        {
            cmdlet.WriteProgress(new ProgressRecord(Id, activity, "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    private static bool IsNonInteractive(string argument) =>
        argument.Length >= ShortestPrefix && NonInteractive.StartsWith(argument.Replace("--", "-", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    private ProgressRecord Record()
    {
        var rate = _settled / Math.Max(Stopwatch.GetElapsedTime(_started).TotalSeconds, 0.001);
        // Lines of text are received by nobody.
        var received = _runs.Count == 0 ? _settled : _runs.Sum(r => r.Book.Received);
        var counts = _runs.Select(r => r.Backlog).ToList();
        var backlog = counts.Count > 0 && counts.All(c => c is not null) ? counts.Sum() : null;
        var text = string.Create(CultureInfo.InvariantCulture, $"{received} received, {_written} written, {rate:0} a second");
        if (backlog is not { } waiting)
        {
            return new ProgressRecord(Id, activity, text);
        }

        var open = waiting + Math.Max(received - _settled, 0);
        return new ProgressRecord(Id, activity, string.Create(CultureInfo.InvariantCulture, $"{text}, about {waiting} waiting"))
        {
            PercentComplete = (int)(100 * _settled / Math.Max(_settled + open, 1)),
            SecondsRemaining = (int)Math.Min(open / rate, int.MaxValue),
        };
    }
}
