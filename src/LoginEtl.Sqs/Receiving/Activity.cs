using System.Collections.Concurrent;
using LoginEtl.Records;

namespace LoginEtl.Sqs.Receiving;

/// <summary>When messages last came, and what this run still has in the queue beside what its book holds.</summary>
internal sealed class Activity
{
    private readonly ConcurrentDictionary<MessageId, bool> _undeleted = [];
    private long _receivedAt = Environment.TickCount64;
    private long _deleting;

    /// <summary>Time since messages last came, or since the start.</summary>
    public TimeSpan Idle => TimeSpan.FromMilliseconds(Environment.TickCount64 - Interlocked.Read(ref _receivedAt));

    /// <summary>Settled, and still in flight: their delete is under way, or failed and they have not come again.</summary>
    public long NotDeleted => Interlocked.Read(ref _deleting) + _undeleted.Count;

    public void Received(QueueDelivery delivery)
    {
        Interlocked.Exchange(ref _receivedAt, Environment.TickCount64);
        _undeleted.TryRemove(delivery.Id!.Value, out _);
    }

    public void DeletesBegun(int messages) => Interlocked.Add(ref _deleting, messages);

    public void DeletesEnded(int messages, IEnumerable<QueueDelivery> undeleted)
    {
        foreach (var delivery in undeleted)
        {
            _undeleted[delivery.Id!.Value] = true;
        }

        Interlocked.Add(ref _deleting, -messages);
    }
}
