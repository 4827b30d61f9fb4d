using System.Diagnostics;

namespace LoginEtl.Postgres.Faults;

/// <summary>Exponential backoff with jitter, from the first failure on; it ends when its time is over.</summary>
/// <param name="retryFor">Its time; infinite for none.</param>
internal sealed class Backoff(TimeSpan retryFor)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private Stopwatch? _sinceFirst;
    private TimeSpan _next = First;

    /// <summary>Time since the first failure.</summary>
    public TimeSpan Lasts => _sinceFirst?.Elapsed ?? TimeSpan.Zero;

    /// <summary>Waits before the next try; false when there is no time left for one.</summary>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        _sinceFirst ??= Stopwatch.StartNew();
        var left = retryFor == Timeout.InfiniteTimeSpan ? Longest : retryFor - _sinceFirst.Elapsed;
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        // Jitter keeps writers that failed together from coming back together.
        var delay = _next * (0.5 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        await Task.Delay(delay < left ? delay : left, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
