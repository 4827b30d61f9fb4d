namespace LoginEtl.Postgres.Faults;

/// <summary>Exponential backoff with jitter, from the first failure on; it ends when its time is over.</summary>
/// <param name="retryFor">Its time; infinite for none.</param>
/// <param name="time">Tells the time; the system's when null.</param>
internal sealed class Backoff(TimeSpan retryFor, TimeProvider? time = null)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long? _first;
    private TimeSpan _next = First;

    /// <summary>Time since the first failure.</summary>
    public TimeSpan Lasts => _first is { } first ? _time.GetElapsedTime(first) : TimeSpan.Zero;

    /// <summary>Waits before the next try; false when there is no time left for one.</summary>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        _first ??= _time.GetTimestamp();
        var left = retryFor == Timeout.InfiniteTimeSpan ? Longest : retryFor - Lasts;
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        // Jitter keeps writers that failed together from coming back together.
        var delay = _next * (0.5 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        await Task.Delay(delay < left ? delay : left, _time, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
