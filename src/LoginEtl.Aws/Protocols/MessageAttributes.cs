namespace LoginEtl.Aws.Protocols;

/// <summary>The system attributes that a poll asks for (SQS API reference, ReceiveMessage).</summary>
internal static class MessageAttributes
{
    public const string SentTimestamp = nameof(SentTimestamp);
    public const string ApproximateReceiveCount = nameof(ApproximateReceiveCount);
    public const string MessageGroupId = nameof(MessageGroupId);
    public const string SequenceNumber = nameof(SequenceNumber);

    public static readonly IReadOnlyList<string> All =
        [SentTimestamp, ApproximateReceiveCount, MessageGroupId, SequenceNumber];
}
