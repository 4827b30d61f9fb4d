using LoginEtl.Run;

namespace LoginEtl.Aws.Receiving;

/// <summary>
/// Shares out what may still be received. Room is reserved before a poll, so that polls in flight together never take
/// in more than the book's capacity or the run's limit.
/// </summary>
/// <param name="book">Has the capacity.</param>
/// <param name="state">Counts what has come.</param>
/// <param name="maxMessages">The run's limit; null for none.</param>
/// <param name="heldBack">Says whether nothing is to be received for now.</param>
internal sealed class PollAllowance(InFlightMessages book, ReceiveState state, long? maxMessages, Func<bool> heldBack)
{
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(50);
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSignal();
    private int _reserved;

    /// <summary>Whether the run's limit was reached.</summary>
    public bool Exhausted => state.Taken >= maxMessages;

    /// <summary>Reserves up to <paramref name="wanted"/>; 0 when there is nothing to share out now.</summary>
    public int TryReserve(int wanted)
    {
        if (heldBack())
        {
            return 0;
        }

        lock (_lock)
        {
            var free = Math.Min(wanted, book.Room - _reserved);
            if (maxMessages is { } limit)
            {
                free = (int)Math.Min(free, limit - state.Taken - _reserved);
            }

            free = Math.Max(0, free);
            _reserved += free;
            return free;
        }
    }

    /// <summary>After a poll, its messages admitted: gives back the reservation.</summary>
    public void Release(int reserved)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _reserved -= reserved;
            changed = _changed;
            _changed = NewSignal();
        }

        changed.TrySetResult();
    }

    /// <summary>Waits until another try may succeed.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task changed;
        lock (_lock)
        {
            changed = _changed.Task;
        }

        if (book.Room == 0)
        {
            var room = book.WaitForRoomAsync(cancellationToken);
            await Task.WhenAny(changed, room).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return;
        }

        // What room there is others have reserved. More may come of settlements, which nothing announces.
        await Task.WhenAny(changed, Task.Delay(Recheck, cancellationToken)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
