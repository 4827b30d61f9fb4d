using LoginEtl.Run;
using LoginEtl.Telemetry;
using Npgsql;

namespace LoginEtl.Postgres.Faults;

/// <summary>Goes on after faults that may pass, for a time, and ends with one in the module's words.</summary>
/// <param name="retryFor">How long; infinite for as long as it takes.</param>
/// <param name="endpoint">As errors name it.</param>
/// <param name="told">Told of what lasts, every ten seconds; may be null.</param>
/// <param name="mayRetry">False where a fault ends everything, and with it what was in doubt.</param>
/// <param name="time">Tells the time; the system's when null.</param>
internal sealed class FaultRetry(TimeSpan retryFor, string endpoint, Action<string>? told = null, bool mayRetry = true, TimeProvider? time = null)
{
    // Of a COMMIT in doubt, once the run is to stop.
    private static readonly TimeSpan ClearedUpWithin = TimeSpan.FromMinutes(1);

    private readonly OutageNotice _notice = new(retryFor, told, time);
    private readonly Backoff _backoff = new(retryFor, time);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long? _stoppingSince;

    /// <summary>Whether it is a fault of a try. The driver's own state errors after a cut COMMIT say nothing about the COMMIT.</summary>
    public static bool Concerns(Exception e, bool commitInDoubt = false) =>
        DatabaseFault.IsOfDatabase(e) || (commitInDoubt && e is InvalidOperationException);

    /// <summary>Waits before the next try. A COMMIT in doubt is cleared up even when the run is being stopped.</summary>
    /// <param name="fault">What the try ended with.</param>
    /// <param name="cancellationToken">The run is being stopped.</param>
    /// <param name="commitInDoubt">The answer to a COMMIT is missing.</param>
    /// <param name="locked">What the try waited for, where that is known: a sentence.</param>
    /// <exception cref="LoginEtl.Faults.LoginEtlException">It cannot pass, or the time is over.</exception>
    public async Task WaitAsync(Exception fault, CancellationToken cancellationToken, bool commitInDoubt = false, string? locked = null)
    {
        var mayPass = DatabaseFault.IsTransient(fault) || fault is InvalidOperationException;
        if (mayRetry && mayPass)
        {
            _notice.Tell(_backoff.Lasts, () => DatabaseFault.From(fault, endpoint, locked: locked).Message);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            _stoppingSince ??= _time.GetTimestamp();
        }

        if (!mayPass || !mayRetry || (_stoppingSince is { } since && _time.GetElapsedTime(since) > ClearedUpWithin)
            || !await _backoff.WaitAsync(commitInDoubt ? CancellationToken.None : cancellationToken).ConfigureAwait(false))
        {
            throw DatabaseFault.From(fault, endpoint, commitInDoubt && mayRetry, locked);
        }

        RunMetrics.Retried(RunMetrics.OfDatabase, locked is not null ? "Locked" : fault is PostgresException { SqlState: var state } ? state : "Connection");
    }
}
