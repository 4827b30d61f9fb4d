namespace LoginEtl.Run;

/// <summary>A queue's backlog, counted in the background, and only as often as somebody wants to see it.</summary>
internal sealed class Backlog(IMessageSource source)
{
    // Counts are approximate by a minute anyway, and every call is paid for.
    private const long OldestMilliseconds = 5_000;

    private readonly Lock _lock = new();
    private Task<long?> _counting = Task.FromResult<long?>(null);
    private long? _last;
    private long? _askedAt;

    /// <summary>The last count; null until the first is known.</summary>
    public long? Look()
    {
        lock (_lock)
        {
            if (_counting.IsCompleted)
            {
                _last = _counting.IsCompletedSuccessfully ? _counting.Result ?? _last : _last;
                if (_askedAt is not { } asked || Environment.TickCount64 - asked >= OldestMilliseconds)
                {
                    _askedAt = Environment.TickCount64;
                    _counting = Task.Run(() => source.CountBacklogAsync(CancellationToken.None));
                }
            }

            return _last;
        }
    }
}
