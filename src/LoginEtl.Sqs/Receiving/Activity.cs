using System.Collections.Concurrent;
using LoginEtl.Records;

namespace LoginEtl.Sqs.Receiving;

/// <summary>When messages last came, and what this run still has in the queue beside what its book holds.</summary>
/// <param name="lease">How long a message stays in flight that nobody keeps.</param>
internal sealed class Activity(TimeSpan lease)
{
    private readonly ConcurrentDictionary<MessageId, long> _undeleted = [];
    private long _receivedAt = Environment.TickCount64;
    private long _deleting;

    /// <summary>Time since messages last came, or since the start.</summary>
    public TimeSpan Idle => TimeSpan.FromMilliseconds(Environment.TickCount64 - Interlocked.Read(ref _receivedAt));

    /// <summary>Whether deletes are under way: what they are about may be gone from the queue already.</summary>
    public bool IsDeleting => Interlocked.Read(ref _deleting) > 0;

    /// <summary>
    /// Settled, and perhaps still in flight: their delete failed, and neither have they come again nor is their lease over.
    /// </summary>
    public int Undeleted
    {
        get
        {
            var since = LeasesSince;
            return _undeleted.Count(e => e.Value > since);
        }
    }

    private long LeasesSince => Environment.TickCount64 - (long)lease.TotalMilliseconds;

    public void Received(QueueDelivery delivery)
    {
        Interlocked.Exchange(ref _receivedAt, Environment.TickCount64);
        _undeleted.TryRemove(delivery.Id!.Value, out _);
    }

    public void DeletesBegun(int messages) => Interlocked.Add(ref _deleting, messages);

    public void DeletesEnded(int messages, IEnumerable<QueueDelivery> undeleted)
    {
        // Others may have taken them since: they would never come off the list.
        foreach (var over in _undeleted.Where(e => e.Value <= LeasesSince))
        {
            _undeleted.TryRemove(over);
        }

        foreach (var delivery in undeleted)
        {
            _undeleted[delivery.Id!.Value] = Environment.TickCount64;
        }

        Interlocked.Add(ref _deleting, -messages);
    }
}
