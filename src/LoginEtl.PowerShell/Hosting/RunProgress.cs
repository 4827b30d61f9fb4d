using System.Globalization;
using System.Management.Automation;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>A run's progress: received, written, rate, and by the queue's own count what waits and how long it will take.</summary>
internal sealed class RunProgress(Cmdlet cmdlet, string activity)
{
    private const int Id = 0x106E71;

    private readonly ProgressBar _bar = new(cmdlet, Id, activity);
    private readonly HashSet<ReceivingRun> _runs = [];
    private ReceivingRun? _latest;
    private long _settled;
    private long _written;

    public void Add(BatchReport batch)
    {
        if (!ProgressBar.IsSeen)
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

        _bar.Show(Status);
    }

    public void Complete() => _bar.Complete();

    private ProgressBar.Status Status()
    {
        var rate = _settled / Math.Max(_bar.Elapsed.TotalSeconds, 0.001);
        // Lines of text are received by nobody.
        var received = _runs.Count == 0 ? _settled : _runs.Sum(r => r.Book.Received);
        var counts = _runs.Select(r => r.Backlog).ToList();
        var backlog = counts.Count > 0 && counts.All(c => c is not null) ? counts.Sum() : null;
        var text = string.Create(CultureInfo.InvariantCulture, $"{received} received, {_written} written, {rate:0} a second");
        if (backlog is not { } waiting)
        {
            return new ProgressBar.Status(text);
        }

        var open = waiting + Math.Max(received - _settled, 0);
        return new ProgressBar.Status(
            string.Create(CultureInfo.InvariantCulture, $"{text}, about {waiting} waiting"),
            (int)(100 * _settled / Math.Max(_settled + open, 1)),
            (int)Math.Min(open / rate, int.MaxValue));
    }
}
