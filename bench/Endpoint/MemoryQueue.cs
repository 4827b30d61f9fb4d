namespace LoginEtl.Bench.Endpoint;

/// <summary>
/// A standard queue in memory that keeps SQS's rules: a receive leases messages, a lease that runs out makes its message
/// visible again, and only the handle of a message's newest receive deletes it. Thread-safe.
/// </summary>
internal sealed class MemoryQueue(string name)
{
    private readonly object _gate = new();
    private readonly Queue<StoredMessage> _visible = new();
    // What was received at least once and not deleted, by number: all that a handle can name.
    private readonly Dictionary<long, StoredMessage> _received = [];
    private long _sent;
    private int _leased;
    private int _deletedWhileVisible;
    private bool _closed;

    // No lease ends before; looked for again only then, so that a receive costs the same however many are leased.
    private long _nextLeaseEnd = long.MaxValue;

    public string Name => name;

    public DateTimeOffset Created { get; } = DateTimeOffset.UtcNow;

    public TimeSpan VisibilityTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan ReceiveWait { get; init; }

    private static long Now => Environment.TickCount64;

    public (int Visible, int Leased) Count()
    {
        lock (_gate)
        {
            EndLeases();
            return (_visible.Count - _deletedWhileVisible, _leased);
        }
    }

    public IReadOnlyList<StoredMessage> Send(IEnumerable<MessageBody> bodies)
    {
        lock (_gate)
        {
            var messages = bodies.Select(b => new StoredMessage(_sent++, b)).ToList();
            messages.ForEach(_visible.Enqueue);
            Monitor.PulseAll(_gate);
            return messages;
        }
    }

    /// <summary>Waits until there is something, for <paramref name="wait"/> at most.</summary>
    public List<ReceivedCopy> Receive(int most, TimeSpan wait, TimeSpan lease)
    {
        var until = Now + (long)wait.TotalMilliseconds;
        lock (_gate)
        {
            while (true)
            {
                EndLeases();
                var taken = Take(most, Now + (long)lease.TotalMilliseconds);
                var left = Math.Min(until, _nextLeaseEnd) - Now;
                if (taken.Count > 0 || until <= Now || _closed)
                {
                    return taken;
                }

                Monitor.Wait(_gate, (int)Math.Max(1, left));
            }
        }
    }

    /// <summary>By an older handle than its newest nothing is deleted, and SQS does not tell.</summary>
    public void Delete(Receipt receipt)
    {
        lock (_gate)
        {
            if (Find(receipt) is { } message)
            {
                _received.Remove(message.Number);
                message.IsDeleted = true;
                _ = message.LeaseEnd is null ? _deletedWhileVisible++ : _leased--;
            }
        }
    }

    /// <summary>The lease ends so long from now. False when there is none.</summary>
    public bool ChangeVisibility(Receipt receipt, TimeSpan timeout)
    {
        lock (_gate)
        {
            EndLeases();
            if (Find(receipt) is not { LeaseEnd: not null } message)
            {
                return false;
            }

            message.LeaseEnd = Now + (long)timeout.TotalMilliseconds;
            _nextLeaseEnd = Math.Min(_nextLeaseEnd, message.LeaseEnd.Value);
            EndLeases();
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>Polls that wait end at once.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private StoredMessage? Find(Receipt receipt) =>
        _received.TryGetValue(receipt.Message, out var message) && message.ReceiveCount == receipt.ReceiveCount ? message : null;

    private List<ReceivedCopy> Take(int most, long leaseEnd)
    {
        var taken = new List<ReceivedCopy>(Math.Min(most, _visible.Count));
        while (taken.Count < most && _visible.TryDequeue(out var message))
        {
            if (message.IsDeleted)
            {
                _deletedWhileVisible--;
                continue;
            }

            if (++message.ReceiveCount == 1)
            {
                message.FirstReceived = DateTimeOffset.UtcNow;
                _received.Add(message.Number, message);
            }

            _leased++;
            message.LeaseEnd = leaseEnd;
            _nextLeaseEnd = Math.Min(_nextLeaseEnd, leaseEnd);
            taken.Add(new ReceivedCopy(message, message.ReceiveCount));
        }

        return taken;
    }

    private void EndLeases()
    {
        var now = Now;
        if (now < _nextLeaseEnd)
        {
            return;
        }

        _nextLeaseEnd = long.MaxValue;
        foreach (var message in _received.Values)
        {
            if (message.LeaseEnd <= now)
            {
                message.LeaseEnd = null;
                _leased--;
                _visible.Enqueue(message);
            }
            else if (message.LeaseEnd is { } end)
            {
                _nextLeaseEnd = Math.Min(_nextLeaseEnd, end);
            }
        }
    }
}
