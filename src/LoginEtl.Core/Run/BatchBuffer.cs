using LoginEtl.Records;
using LoginEtl.Settings;

namespace LoginEtl.Run;

/// <summary>
/// Logins on their way into batches: one batch fills while another waits for its transaction. Everything that decides
/// whether there is a batch to take is read and changed under one lock. Thread-safe; one taker.
/// </summary>
internal sealed class BatchBuffer
{
    /// <summary>Full batches that may wait before adding does: the waiting one, and the one that has just filled.</summary>
    private const int MostFull = 2;

    // Lists grow beyond it by themselves: a huge batch size is a limit, and not memory to be set aside.
    private const int InitialCapacity = 5_000;

    // Timers take 49 days at most; after a shorter wait the taker simply looks again.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly int _batchSize;
    private readonly TimeSpan _flushInterval;
    private readonly TimeProvider _time;
    private readonly Queue<List<ProtectedLogin>> _full = [];
    private List<ProtectedLogin> _filling;
    private long _fillingSince;
    private long _fillingBytes;
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource _roomFreed = NewSignal();
    private bool _closed;

    public BatchBuffer(BatchOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.BatchSize, nameof(options.BatchSize));
        _batchSize = options.BatchSize;
        _time = options.Time;
        _flushInterval = options.FlushInterval == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : options.FlushInterval;
        ArgumentOutOfRangeException.ThrowIfLessThan(_flushInterval, TimeSpan.Zero, nameof(options.FlushInterval));
        _filling = NewBatch();
    }

    /// <summary>Waits while full batches wait; ends at once when the buffer is closed.</summary>
    public async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task roomFreed;
            lock (_lock)
            {
                if (_closed || _full.Count < MostFull)
                {
                    return;
                }

                roomFreed = _roomFreed.Task;
            }

            await roomFreed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>False when the buffer is closed.</summary>
    public bool TryAdd(ProtectedLogin login)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            _filling.Add(login);
            if (_filling.Count == 1)
            {
                _fillingSince = _time.GetTimestamp();
                Signal(ref _changed);
            }

            var delivery = login.GetDelivery() as QueueDelivery;
            _fillingBytes += Math.Max(login.Size, delivery?.HeldBytes ?? 0);
            if (_filling.Count >= _batchSize || FillsBatch(delivery?.Book))
            {
                _full.Enqueue(TakeFilling());
                Signal(ref _changed);
            }

            return true;
        }
    }

    /// <summary>The next full batch, or what has waited long enough, or once closed what is left; then null.</summary>
    public async Task<List<ProtectedLogin>?> TakeAsync()
    {
        while (true)
        {
            Task changed;
            TimeSpan wait;
            lock (_lock)
            {
                if (_full.TryDequeue(out var full))
                {
                    Signal(ref _roomFreed);
                    return full;
                }

                wait = _filling.Count == 0 ? LongestWait : TimeToFlush();
                if (_filling.Count > 0 && (_closed || wait <= TimeSpan.Zero))
                {
                    return TakeFilling();
                }

                if (_closed)
                {
                    return null;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(wait, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Nothing more comes in; what is left is still to be taken.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Signal(ref _changed);
            Signal(ref _roomFreed);
        }
    }

    /// <summary>Closes and empties the buffer, and answers what was in it.</summary>
    public IReadOnlyList<ProtectedLogin> Drop()
    {
        lock (_lock)
        {
            Close();
            List<ProtectedLogin> dropped = [.. _full.SelectMany(b => b), .. _filling];
            _full.Clear();
            _filling.Clear();
            _fillingBytes = 0;
            return dropped;
        }
    }

    private TimeSpan TimeToFlush()
    {
        var left = _flushInterval - _time.GetElapsedTime(_fillingSince);
        // Timers count whole milliseconds and round down, which would spin through the last one.
        return left <= TimeSpan.Zero ? left
            : left >= LongestWait ? LongestWait
            : TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
    }

    private List<ProtectedLogin> TakeFilling()
    {
        var batch = _filling;
        _filling = NewBatch();
        _fillingBytes = 0;
        return batch;
    }

    // A quarter of the bytes that may be held, or half of the number: one batch fills, one waits, one is in its transaction, and one is on its way.
    private bool FillsBatch(InFlightMessages? book) =>
        book?.FillsBatch(_filling.Count, _fillingBytes) ?? _fillingBytes >= ReceiveOptions.DefaultMaxHeldBytes / 4;

    private List<ProtectedLogin> NewBatch() => new(Math.Min(_batchSize, InitialCapacity));

    private static void Signal(ref TaskCompletionSource signal)
    {
        signal.TrySetResult();
        signal = NewSignal();
    }

    // Continuations run elsewhere, never under the lock.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
