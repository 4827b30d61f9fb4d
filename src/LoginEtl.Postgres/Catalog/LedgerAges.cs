namespace LoginEtl.Postgres.Catalog;

/// <summary>How long the queue ledger looks back, and when it forgets.</summary>
internal static class LedgerAges
{
    /// <summary>Messages sent longer ago are refused: a day past SQS's longest retention.</summary>
    public static readonly TimeSpan Horizon = Retention + Day;

    /// <summary>
    /// Entries are forgotten so long after their message was sent: a day past the horizon, because a transaction that has
    /// looked at it may still be open.
    /// </summary>
    public static readonly TimeSpan Forgotten = Horizon + Day;

    /// <summary>
    /// Entries of FIFO queues, whose keys have no time in them, are forgotten so long after they were written. Their move to
    /// a dead-letter queue resets SentTimestamp, so a message may wait a whole retention in each of the two. So are those
    /// whose identity their sender says: the time in such a key is the sender's, and may be any.
    /// </summary>
    public static readonly TimeSpan UntimedForgotten = Retention + Forgotten;

    // SetQueueAttributes, MessageRetentionPeriod: 1,209,600 seconds at most.
    private static TimeSpan Retention => TimeSpan.FromDays(14);

    private static TimeSpan Day => TimeSpan.FromDays(1);
}
