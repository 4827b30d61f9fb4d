namespace LoginEtl.Records;

/// <summary>
/// A message that comes out of quarantine: there is nothing to delete at its source, and its place in the ledger is the
/// entry's own, so it goes through a restore and not through a write.
/// </summary>
public sealed class QuarantinedDelivery : Delivery
{
    private readonly MessageId _id;
    private readonly DateTimeOffset? _sentTimestamp;

    internal QuarantinedDelivery(MessageId id, DateTimeOffset? sentTimestamp, int receiveCount)
    {
        _id = id;
        _sentTimestamp = sentTimestamp;
        ReceiveCount = receiveCount;
    }

    /// <inheritdoc/>
    public override MessageId? Id => _id;

    /// <inheritdoc/>
    public override DateTimeOffset? SentTimestamp => _sentTimestamp;

    /// <inheritdoc/>
    public override int ReceiveCount { get; }

    /// <inheritdoc/>
    public override string ToString() => _id.Value;
}
