namespace LoginEtl.Postgres.Faults;

/// <summary>Goes on after faults that may pass, for a bounded time, and ends with one in the module's words.</summary>
/// <param name="retryFor">How long.</param>
/// <param name="endpoint">As errors name it.</param>
/// <param name="mayRetry">False where a fault ends everything, and with it what was in doubt.</param>
internal sealed class FaultRetry(TimeSpan retryFor, string endpoint, bool mayRetry = true)
{
    private readonly Backoff _backoff = new(retryFor);

    /// <summary>Whether it is a fault of a try. The driver's own state errors after a cut COMMIT say nothing about the COMMIT.</summary>
    public static bool Concerns(Exception e, bool commitInDoubt = false) =>
        DatabaseFault.IsOfDatabase(e) || (commitInDoubt && e is InvalidOperationException);

    /// <summary>Waits before the next try. A COMMIT in doubt is cleared up even when the run is being stopped.</summary>
    /// <exception cref="LoginEtl.Faults.LoginEtlException">It cannot pass, or the time is over.</exception>
    public async Task WaitAsync(Exception fault, CancellationToken cancellationToken, bool commitInDoubt = false)
    {
        var mayPass = DatabaseFault.IsTransient(fault) || fault is InvalidOperationException;
        if (!mayPass || !mayRetry || !await _backoff.WaitAsync(commitInDoubt ? CancellationToken.None : cancellationToken).ConfigureAwait(false))
        {
            throw DatabaseFault.From(fault, endpoint, commitInDoubt && mayRetry);
        }
    }
}
