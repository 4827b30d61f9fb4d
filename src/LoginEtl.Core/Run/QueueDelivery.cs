using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>One delivery of a queue message. It is held by its <see cref="Book"/> until it is settled, once.</summary>
public sealed class QueueDelivery : Delivery
{
    private readonly MessageId _id;
    private readonly DateTimeOffset? _sentTimestamp;

    /// <param name="id">The queue's MessageId.</param>
    /// <param name="receiptHandle">Handle of this delivery; a later delivery of the same message replaces it.</param>
    /// <param name="sentTimestamp">The queue's SentTimestamp; null when the queue did not give it.</param>
    /// <param name="receiveCount">ApproximateReceiveCount, 1 for the first delivery.</param>
    /// <param name="receivedAt">When this run got it.</param>
    /// <param name="group">FIFO: MessageGroupId and SequenceNumber; null for standard queues.</param>
    public QueueDelivery(
        MessageId id, string receiptHandle, DateTimeOffset? sentTimestamp, int receiveCount, DateTimeOffset receivedAt,
        FifoPosition? group = null)
    {
        ArgumentNullException.ThrowIfNull(receiptHandle);
        _id = id;
        ReceiptHandle = receiptHandle;
        _sentTimestamp = sentTimestamp;
        ReceiveCount = receiveCount;
        ReceivedAt = receivedAt;
        Group = group;
    }

    /// <inheritdoc/>
    public override MessageId? Id => _id;

    /// <summary>The newest receipt handle known: an older one may no longer delete.</summary>
    public string ReceiptHandle { get; internal set; }

    /// <inheritdoc/>
    public override DateTimeOffset? SentTimestamp => Origin?.SentTimestamp ?? _sentTimestamp;

    /// <inheritdoc/>
    public override int ReceiveCount { get; }

    /// <summary>When this run first got it; SQS lets a message be held 12 hours from here at most.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>FIFO: group and position; null for standard queues.</summary>
    public FifoPosition? Group { get; }

    /// <summary>The span that it was sent in, in W3C's form; null where none came that was sampled, or nobody listens.</summary>
    public string? TraceParent { get; init; }

    /// <summary>What its attribute says that it was first; null where it has none.</summary>
    public string? OriginText
    {
        init => OriginClaim = value is null ? null : new OriginClaim(value, Group is not null);
    }

    /// <summary>Its sender's attributes, where the run was asked to keep them.</summary>
    public SenderAttributes Attributes { get; init; } = SenderAttributes.None;

    /// <summary>The books of the run that received it; null until a run admitted it.</summary>
    public InFlightMessages? Book { get; internal set; }

    /// <summary>The run that received it.</summary>
    /// <exception cref="InvalidOperationException">None did.</exception>
    internal ReceivingRun Run => Book?.Run ?? throw new InvalidOperationException($"No run received message {this}, so nobody could delete it.");

    /// <summary>Its number among the deliveries that the book took in, from 1.</summary>
    internal long Admission { get; set; }

    /// <summary>Bytes that are held because of it. Written under the book's lock.</summary>
    internal long HeldBytes { get; set; }

    /// <summary>Guarded by the book's lock.</summary>
    internal DeliveryState State { get; set; }

    /// <summary>Whether it has ended: written, back in its queue, or lapsed for good.</summary>
    internal bool IsSettled => State == DeliveryState.Settled;

    /// <summary>It goes back in order to be received again by the same run. Guarded by the book's lock.</summary>
    internal bool ComesAgain { get; set; }

    /// <inheritdoc/>
    public override string? Queue => Book?.Queue;

    /// <inheritdoc/>
    public override string ToString() => _id.Value;
}

/// <summary>Where a delivery stands between the queue and its end.</summary>
internal enum DeliveryState
{
    /// <summary>In the pipeline: invisible in the queue, its lease kept alive.</summary>
    Held,

    /// <summary>In the buffer of a writer.</summary>
    Claimed,

    /// <summary>In a transaction: nobody else may settle it now.</summary>
    Committing,

    /// <summary>Of a group that is held: nobody may write it in this run; its lease is kept alive until it goes back.</summary>
    HeldBack,

    /// <summary>On its way back to the queue.</summary>
    Returning,

    /// <summary>Counted under its outcome; nothing more happens to it.</summary>
    Settled,
}
