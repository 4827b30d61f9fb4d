using System.Collections.Concurrent;
using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Aws.Receiving;

/// <summary>When messages last came, and what this run still has in the queue beside what its book holds.</summary>
/// <param name="lease">How long a message stays in flight that nobody keeps.</param>
internal sealed class ReceiveState(TimeSpan lease)
{
    private readonly ConcurrentDictionary<MessageId, long> _undeleted = [];
    private long _receivedAt = Environment.TickCount64;
    private long _emptyPollBegan = -1;
    private long _idlePollBegan = -1;
    private long _taken;
    private long _deleting;

    /// <summary>By a clock that does not jump.</summary>
    public static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Time since messages last came that the run did not hold already, or since the start.</summary>
    public TimeSpan Idle => TimeSpan.FromMilliseconds(Environment.TickCount64 - Interlocked.Read(ref _receivedAt));

    /// <summary>How many such messages have come.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>When the latest poll began that found nothing which the run could have taken; null before the first.</summary>
    public TimeSpan? EmptyPollBegan => Time(ref _emptyPollBegan);

    /// <summary>The same, of polls that may have brought nothing new only because they were full of what the run held already.</summary>
    public TimeSpan? IdlePollBegan => Time(ref _idlePollBegan);

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

    /// <summary>A message has come that the run did not hold.</summary>
    public void Received(QueueDelivery delivery)
    {
        Interlocked.Exchange(ref _receivedAt, Environment.TickCount64);
        Interlocked.Increment(ref _taken);
        _undeleted.TryRemove(delivery.Id!.Value, out _);
    }

    /// <summary>All that a poll found was held already.</summary>
    /// <param name="began">When it began.</param>
    /// <param name="full">It found as much as it had asked for: there may be more.</param>
    public void FoundNothingNew(TimeSpan began, bool full)
    {
        Interlocked.Exchange(ref _idlePollBegan, (long)began.TotalMilliseconds);
        if (!full)
        {
            Interlocked.Exchange(ref _emptyPollBegan, (long)began.TotalMilliseconds);
        }
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

    private static TimeSpan? Time(ref long milliseconds) => Interlocked.Read(ref milliseconds) is >= 0 and var time ? TimeSpan.FromMilliseconds(time) : null;
}
