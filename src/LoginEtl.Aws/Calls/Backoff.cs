namespace LoginEtl.Aws.Calls;

/// <summary>Exponential backoff with jitter, so that many receivers do not come back all at once.</summary>
internal static class Backoff
{
    private const double FirstMilliseconds = 200;
    private const double LongestMilliseconds = 10_000;

    /// <summary>The wait before the next attempt: between half and all of 200 ms, 400 ms, … 10 s.</summary>
    /// <param name="failures">How many in a row, from 1.</param>
    public static TimeSpan Delay(int failures)
    {
        var full = Math.Min(LongestMilliseconds, FirstMilliseconds * Math.Pow(2, Math.Min(failures - 1, 20)));
        return TimeSpan.FromMilliseconds(full * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}
