namespace LoginEtl.Aws.Protocols;

/// <summary>What SQS allows (SQS developer guide, "Amazon SQS message quotas").</summary>
internal static class SqsQuotas
{
    /// <summary>Entries in a batch, and messages in an answer.</summary>
    public const int EntriesPerCall = 10;

    /// <summary>Bytes of a message's body, and of a batch's bodies together.</summary>
    public const int BatchBytes = 1_048_576;

    /// <summary>The longest wait of a poll.</summary>
    public const int LongestPollSeconds = 20;

    /// <summary>From its receive, the longest that a message can be kept invisible.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromHours(12);
}
