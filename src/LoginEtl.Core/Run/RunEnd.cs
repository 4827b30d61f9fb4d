using System.Diagnostics.CodeAnalysis;
using LoginEtl.Faults;

namespace LoginEtl.Run;

/// <summary>
/// How a run's receiving ends: for the first reason that comes, and its polls with it. Whoever ends it, source, host or
/// writer, says so here. Thread-safe.
/// </summary>
/// <param name="grace">How long polls may go on after the end, to bring in what they were given.</param>
/// <param name="time">Tells the time; the system's when null.</param>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "The sources have no handles, and late polls may still look at them.")]
public sealed class RunEnd(TimeSpan grace, TimeProvider? time = null)
{
    // Task.Delay takes no more than 49 days.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(40);

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abort = new(Timeout.InfiniteTimeSpan, time ?? TimeProvider.System);
    private readonly CancellationTokenSource _failed = new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private EndReason? _reason;
    private LoginEtlException? _failure;
    private bool _stopped;

    /// <summary>Cancelled at the end: no further poll begins.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Cancelled when the grace is over: polls under way are given up.</summary>
    public CancellationToken Abort => _abort.Token;

    /// <summary>Cancelled when something has failed: whoever waits for messages is to throw.</summary>
    public CancellationToken Failed => _failed.Token;

    /// <summary>Why receiving ended; null while it goes on.</summary>
    public EndReason? Reason
    {
        get { lock (_lock) { return _reason; } }
    }

    /// <summary>Whether somebody stopped the run, be it when receiving had ended.</summary>
    public bool IsStopped
    {
        get { lock (_lock) { return _stopped; } }
    }

    /// <summary>What failed first; null while nothing has.</summary>
    public LoginEtlException? Failure
    {
        get { lock (_lock) { return _failure; } }
    }

    /// <summary>No new polls; what has arrived is still handed over; the run counts as stopped. Does not wait.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _stopped = true;
        }

        Set(EndReason.Stopped);
    }

    /// <summary>Ends receiving, if it has not ended.</summary>
    public void Set(EndReason reason)
    {
        lock (_lock)
        {
            if (_reason is not null)
            {
                return;
            }

            _reason = reason;
        }

        // Its callbacks run elsewhere: whoever stops a run does not wait.
        _ = _stopping.CancelAsync();
        _abort.CancelAfter(grace);
    }

    /// <summary>Ends receiving when the time is up. Does not fail.</summary>
    public async Task SetAfterAsync(TimeSpan duration)
    {
        try
        {
            for (var left = duration; left > TimeSpan.Zero; left -= LongestWait)
            {
                await Task.Delay(left < LongestWait ? left : LongestWait, _time, Stopping).ConfigureAwait(false);
            }

            Set(EndReason.MaxDuration);
        }
        catch (OperationCanceledException)
        {
            // Another end came first.
        }
    }

    /// <summary>
    /// Ends receiving with a failure; the first one stays. An ordinary end does not hide what failed after it. Does not wait.
    /// </summary>
    public void Fail(LoginEtlException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        lock (_lock)
        {
            _failure ??= failure;
        }

        Set(EndReason.Failed);
        _ = _failed.CancelAsync();
    }

    /// <exception cref="LoginEtlException">Something failed.</exception>
    public void ThrowIfFailed()
    {
        if (Failure is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Gives up the polls under way now.</summary>
    public Task AbortAsync() => _abort.CancelAsync();
}

/// <summary>Why a run ended.</summary>
public enum EndReason
{
    /// <summary>The queue was empty over the whole window.</summary>
    Drained,

    /// <summary>Messages that other consumers hold were waited for long enough: the queue was not seen empty.</summary>
    DrainTimeout,

    /// <summary>All that is left is of groups that this run holds because of bad messages.</summary>
    GroupsHeld,

    /// <summary>Every message asked for was received.</summary>
    MaxMessages,

    /// <summary>The run's time was up.</summary>
    MaxDuration,

    /// <summary>It was asked to stop.</summary>
    Stopped,

    /// <summary>Something failed for good.</summary>
    Failed,
}
