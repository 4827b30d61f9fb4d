namespace LoginEtl.Run;

/// <summary>Calls to SQS, which charges by the call, by their kind; failed ones, and those that found the queue, among them.</summary>
public sealed record CallCounts
{
    /// <summary>Polls.</summary>
    public long ReceiveMessage { get; init; }

    /// <summary>Up to ten messages each.</summary>
    public long DeleteMessageBatch { get; init; }

    /// <summary>Visibility timeouts extended, and messages returned: up to ten each.</summary>
    public long ChangeMessageVisibilityBatch { get; init; }

    /// <summary>Looks at the queue's settings, and at whether it is drained.</summary>
    public long GetQueueAttributes { get; init; }

    /// <summary>The queue was looked for by its name.</summary>
    public long GetQueueUrl { get; init; }

    /// <summary>All of them.</summary>
    public long Total => ByOperation.Sum(c => c.Count);

    /// <summary>By the names that SQS gives its operations.</summary>
    internal IEnumerable<(string Operation, long Count)> ByOperation =>
    [
        (nameof(ReceiveMessage), ReceiveMessage), (nameof(DeleteMessageBatch), DeleteMessageBatch),
        (nameof(ChangeMessageVisibilityBatch), ChangeMessageVisibilityBatch), (nameof(GetQueueAttributes), GetQueueAttributes), (nameof(GetQueueUrl), GetQueueUrl),
    ];

    /// <param name="of">How many there were of an operation.</param>
    public static CallCounts From(Func<string, long> of)
    {
        ArgumentNullException.ThrowIfNull(of);
        return new CallCounts
        {
            ReceiveMessage = of(nameof(ReceiveMessage)),
            DeleteMessageBatch = of(nameof(DeleteMessageBatch)),
            ChangeMessageVisibilityBatch = of(nameof(ChangeMessageVisibilityBatch)),
            GetQueueAttributes = of(nameof(GetQueueAttributes)),
            GetQueueUrl = of(nameof(GetQueueUrl)),
        };
    }

    /// <summary>Both together.</summary>
    internal CallCounts Plus(CallCounts other) => new()
    {
        ReceiveMessage = ReceiveMessage + other.ReceiveMessage,
        DeleteMessageBatch = DeleteMessageBatch + other.DeleteMessageBatch,
        ChangeMessageVisibilityBatch = ChangeMessageVisibilityBatch + other.ChangeMessageVisibilityBatch,
        GetQueueAttributes = GetQueueAttributes + other.GetQueueAttributes,
        GetQueueUrl = GetQueueUrl + other.GetQueueUrl,
    };

    /// <summary>The sum, and what it is made of.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Total} ({string.Join(", ", ByOperation.Where(c => c.Count > 0).Select(c => FormattableString.Invariant($"{c.Count} {c.Operation}")))})");
}
