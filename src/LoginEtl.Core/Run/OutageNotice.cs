using System.Globalization;

namespace LoginEtl.Run;

/// <summary>Tells of an outage while it lasts: what, since when, and until when it is waited for. Every ten seconds. Thread-safe.</summary>
/// <param name="retryFor">How long it is waited for; infinite for as long as it takes.</param>
/// <param name="told">Told; may be null.</param>
/// <param name="time">Tells the time; the system's when null.</param>
public sealed class OutageNotice(TimeSpan retryFor, Action<string>? told, TimeProvider? time = null)
{
    // What passes at once, as a deadlock does, is nothing to be told.
    private static readonly TimeSpan Unnoticed = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private long? _toldAt;

    /// <summary>It goes on.</summary>
    /// <param name="lasts">How long it has.</param>
    /// <param name="what">What it is, a sentence; asked for only where it is told.</param>
    public void Tell(TimeSpan lasts, Func<string> what)
    {
        ArgumentNullException.ThrowIfNull(what);
        var isForEver = retryFor == Timeout.InfiniteTimeSpan;
        if (told is null || lasts < Unnoticed || (!isForEver && lasts >= retryFor))
        {
            return;
        }

        lock (_lock)
        {
            if (_toldAt is { } before && _time.GetElapsedTime(before) < Between)
            {
                return;
            }

            _toldAt = _time.GetTimestamp();
        }

        told(string.Create(CultureInfo.InvariantCulture, $"{what()} That lasts for {lasts.TotalSeconds:0} s, and is waited for {Until()}; nothing is lost meanwhile."));

        string Until() => isForEver ? "as long as it takes" : string.Create(CultureInfo.InvariantCulture, $"until {_time.GetUtcNow() + retryFor - lasts:HH:mm:ss} UTC");
    }
}
