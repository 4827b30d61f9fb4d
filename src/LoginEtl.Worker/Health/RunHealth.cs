using System.Globalization;
using LoginEtl.Telemetry;

namespace LoginEtl.Worker.Health;

/// <summary>Whether a run can work, and whether it still moves, from what it measures. Thread-safe.</summary>
/// <param name="stuckAfter">What did not move for so long does not move any more.</param>
/// <param name="time">Tells the time.</param>
internal sealed class RunHealth(TimeSpan stuckAfter, TimeProvider time)
{
    // What passes at once, as a throttled call does, takes nobody out of service.
    private static readonly TimeSpan Unnoticed = TimeSpan.FromSeconds(2);

    // How long an answer of the database is believed while nothing is written.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Side _queue = new(), _database = new();
    private Func<CancellationToken, Task>? _ping;
    private bool _pinging;

    /// <summary>All is open; it receives from here on.</summary>
    /// <param name="ping">Throws when the database does not answer.</param>
    public void Started(Func<CancellationToken, Task> ping)
    {
        lock (_lock)
        {
            _ping = ping;
            Heard(_queue, well: true);
            Heard(_database, well: true);
        }
    }

    /// <summary>A call to SQS has ended.</summary>
    public void Called(bool well) => Heard(_queue, well);

    /// <summary>A batch stands.</summary>
    public void Committed() => Heard(_database, well: true);

    /// <summary>Something is waited for, and tried again.</summary>
    public void Retried(string of) => Heard(of == RunMetrics.OfDatabase ? _database : _queue, well: false);

    /// <summary>Why it does not take messages now; empty when it does.</summary>
    public IReadOnlyList<string> NotReady(RunLook look)
    {
        lock (_lock)
        {
            return _ping is null ? ["starting"]
                : look.IsEnding ? ["ending"]
                : [.. IsAway(_queue) ? [RunMetrics.OfQueue] : Array.Empty<string>(), .. IsAway(_database) ? [RunMetrics.OfDatabase] : Array.Empty<string>()];
        }
    }

    /// <summary>What does not move any more, a sentence; null while all does. What waits for an outage to pass is no such thing.</summary>
    public string? Stuck(RunLook look)
    {
        lock (_lock)
        {
            return _ping is null ? null
                : look.Stalled >= stuckAfter && !(Since(_database.FailedAt) < stuckAfter) ? Text("Messages are held and not written", look.Stalled)
                // With messages in hand there may be no room for more, and nothing to ask the queue for.
                : !look.Holds && Since(_queue.HeardAt) is { } silent && silent >= stuckAfter ? Text("No call to the queue has ended", silent)
                : null;
        }

        static string Text(string what, TimeSpan since) => string.Create(CultureInfo.InvariantCulture, $"{what}, for {since.TotalSeconds:0} s.");
    }

    /// <summary>Asks the database where nothing has been heard of it for a while and nothing is in hand. Does not wait.</summary>
    public void Look(RunLook look)
    {
        lock (_lock)
        {
            if (_ping is { } ping && !_pinging && !look.Holds && !look.IsEnding && Since(_database.HeardAt) >= Fresh)
            {
                _pinging = true;
                _ = PingAsync(ping);
            }
        }
    }

    private async Task PingAsync(Func<CancellationToken, Task> ping)
    {
        var well = false;
        try
        {
            await Task.Run(() => ping(CancellationToken.None));
            well = true;
        }
        catch (Exception)
        {
            // Its text is the run's to tell, once it needs the database.
        }

        lock (_lock)
        {
            _pinging = false;
            Heard(_database, well);
        }
    }

    private void Heard(Side side, bool well)
    {
        lock (_lock)
        {
            side.HeardAt = time.GetTimestamp();
            side.FailedAt = well ? side.FailedAt : side.HeardAt;
            side.AwaySince = well ? null : side.AwaySince ?? side.HeardAt;
        }
    }

    private bool IsAway(Side side) => Since(side.AwaySince) >= Unnoticed;

    private TimeSpan? Since(long? at) => at is { } then ? time.GetElapsedTime(then) : null;

    /// <summary>The queue, or the database.</summary>
    private sealed class Side
    {
        public long? HeardAt { get; set; }

        public long? FailedAt { get; set; }

        /// <summary>Since when nothing went well; null when it last did.</summary>
        public long? AwaySince { get; set; }
    }
}

/// <summary>A run as it is now.</summary>
/// <param name="Holds">Messages are in hand.</param>
/// <param name="Stalled">For how long none of them has moved.</param>
/// <param name="IsEnding">It takes no more.</param>
internal readonly record struct RunLook(bool Holds, TimeSpan Stalled, bool IsEnding);
