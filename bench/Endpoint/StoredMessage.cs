namespace LoginEtl.Bench.Endpoint;

/// <summary>A message of a queue. All that changes is guarded by its queue.</summary>
internal sealed class StoredMessage(long number, MessageBody body)
{
    /// <summary>Its place among all messages of its queue; receipt handles carry it.</summary>
    public long Number => number;

    public Guid Id { get; } = Guid.NewGuid();

    public MessageBody Body => body;

    public DateTimeOffset Sent { get; } = DateTimeOffset.UtcNow;

    public DateTimeOffset FirstReceived { get; set; }

    public int ReceiveCount { get; set; }

    /// <summary>When it becomes visible again, in milliseconds of the queue's clock; null while it is visible.</summary>
    public long? LeaseEnd { get; set; }

    public bool IsDeleted { get; set; }
}

/// <summary>A message as one receive handed it out: what is in it must not change while it is written.</summary>
internal readonly record struct ReceivedCopy(StoredMessage Message, int ReceiveCount)
{
    public Receipt Receipt => new(Message.Number, ReceiveCount);
}
