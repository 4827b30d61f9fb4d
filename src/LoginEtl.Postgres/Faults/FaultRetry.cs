using System.Globalization;

namespace LoginEtl.Postgres.Faults;

/// <summary>Goes on after faults that may pass, for a bounded time, and ends with one in the module's words.</summary>
/// <param name="retryFor">How long.</param>
/// <param name="endpoint">As errors name it.</param>
/// <param name="told">Told of what lasts, every ten seconds; may be null.</param>
/// <param name="mayRetry">False where a fault ends everything, and with it what was in doubt.</param>
internal sealed class FaultRetry(TimeSpan retryFor, string endpoint, Action<string>? told = null, bool mayRetry = true)
{
    // What passes at once, as a deadlock does, is nothing to be told.
    private static readonly TimeSpan Unnoticed = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    private TimeSpan _tellAt = Unnoticed;

    private readonly Backoff _backoff = new(retryFor);

    /// <summary>Whether it is a fault of a try. The driver's own state errors after a cut COMMIT say nothing about the COMMIT.</summary>
    public static bool Concerns(Exception e, bool commitInDoubt = false) =>
        DatabaseFault.IsOfDatabase(e) || (commitInDoubt && e is InvalidOperationException);

    /// <summary>Waits before the next try. A COMMIT in doubt is cleared up even when the run is being stopped.</summary>
    /// <exception cref="LoginEtl.Faults.LoginEtlException">It cannot pass, or the time is over.</exception>
    public async Task WaitAsync(Exception fault, CancellationToken cancellationToken, bool commitInDoubt = false)
    {
        Tell(fault);
        var mayPass = DatabaseFault.IsTransient(fault) || fault is InvalidOperationException;
        if (!mayPass || !mayRetry || !await _backoff.WaitAsync(commitInDoubt ? CancellationToken.None : cancellationToken).ConfigureAwait(false))
        {
            throw DatabaseFault.From(fault, endpoint, commitInDoubt && mayRetry);
        }
    }

    private void Tell(Exception fault)
    {
        var lasts = _backoff.Lasts;
        if (told is not null && mayRetry && lasts >= _tellAt && lasts < retryFor)
        {
            _tellAt = lasts + Between;
            told(string.Create(
                CultureInfo.InvariantCulture,
                $"{DatabaseFault.From(fault, endpoint).Message} That lasts for {lasts.TotalSeconds:0} s, and is waited for until {DateTime.UtcNow + retryFor - lasts:HH:mm:ss} UTC; nothing is lost meanwhile."));
        }
    }
}
