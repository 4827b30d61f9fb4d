namespace LoginEtl.Run;

/// <summary>
/// How much a run holds, in number and in bytes, and how much more it may take in. Not thread-safe: the lock of the book
/// that has it guards it.
/// </summary>
/// <param name="capacity">Most deliveries held at a time.</param>
/// <param name="maxBytes">Most bytes held at a time; one delivery is let in at any rate.</param>
/// <param name="largestBody">Bytes of the largest body that the queue takes.</param>
internal sealed class HeldRoom(int capacity, long maxBytes, int largestBody)
{
    /// <summary>Bytes of the largest body that SQS takes.</summary>
    public const int LargestBody = 1 << 20;

    // Beside its body: ids, handles, tokens, entries in tables.
    private const long Overhead = 1 << 10;

    private int _largestBody = Math.Min(largestBody, LargestBody);
    private int _held;
    private TaskCompletionSource? _freed;

    /// <summary>Bytes of all that is held.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many more may be taken in now, be each of them as large as a message can be.</summary>
    public int Free => (int)Math.Max(0, Math.Min(capacity - _held, FreeByBytes));

    /// <summary>Whether it is for their bytes, and not their number, that no more may be taken in.</summary>
    public bool IsFullOfBytes => _held < capacity && FreeByBytes <= 0;

    // A body, and as much again for its part of the answer that brings it.
    private long LargestMessage => 2L * _largestBody;

    // Below this a quarter of the bound is less than what must be free for the next message.
    private long SmallBound => 4 * LargestMessage;

    // Where no body is held, one may always come.
    private long FreeByBytes => Math.Max((maxBytes - Bytes) / LargestMessage, Bytes <= _held * Overhead ? 1 : 0);

    /// <summary>
    /// Whether a writer is to wait for no more of a batch of so many logins and bytes: while half of what may be held waits for
    /// its transaction, the other half fills.
    /// </summary>
    public bool FillsBatch(int count, long bytes) => count >= Math.Max(1, capacity / 2) || bytes >= maxBytes / 4 || (maxBytes < SmallBound && IsFullOfBytes);

    /// <summary>One more is held.</summary>
    public void Take(QueueDelivery delivery, int bodyLength)
    {
        _held++;
        Weigh(delivery, bodyLength);
        if (bodyLength > _largestBody)
        {
            // It was sent before the queue's limit was lowered, and may not be the only one.
            _largestBody = LargestBody;
        }
    }

    /// <summary>It is held with a body of this length from here on.</summary>
    public void Weigh(QueueDelivery delivery, int bodyLength)
    {
        Bytes += Overhead + bodyLength - delivery.HeldBytes;
        delivery.HeldBytes = Overhead + bodyLength;
    }

    /// <summary>It is held no more.</summary>
    public void LetGo(QueueDelivery delivery)
    {
        _held--;
        Bytes -= delivery.HeldBytes;
        delivery.HeldBytes = 0;
    }

    /// <summary>Waits until something is free.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        if (Free > 0)
        {
            return Task.CompletedTask;
        }

        _freed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _freed.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Wakes who waits, if something is free.</summary>
    public void Wake()
    {
        if (Free > 0)
        {
            _freed?.TrySetResult();
            _freed = null;
        }
    }
}
