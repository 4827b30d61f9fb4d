using LoginEtl.Versions;

namespace LoginEtl.Settings;

/// <summary>How rows are written.</summary>
public sealed record SinkOptions
{
    /// <summary>How versions are encoded.</summary>
    public AppVersionFormat AppVersionFormat { get; init; } = AppVersionFormat.Auto;

    /// <summary>What happens to a value longer than its column. A token is never truncated.</summary>
    public TooLongAction OnTooLong { get; init; } = TooLongAction.Quarantine;

    /// <summary>What happens to a row whose own unique key is there already.</summary>
    public ConflictAction OnConflict { get; init; }

    /// <summary>Name of the unique constraint or index that <see cref="OnConflict"/> is about; null for the table's only one.</summary>
    public string? ConflictKey { get; init; }

    /// <summary>What a bad message means for the later messages of its group, in a FIFO queue.</summary>
    public BadInGroupAction OnBadInGroup { get; init; }

    /// <summary>What rows mean that the server did not take, without an error. They are settled in any case.</summary>
    public SuppressedAction OnSuppressed { get; init; }

    /// <summary>
    /// Largest share of rejects, 0 to 1, among the messages this sink has settled, before the run stops
    /// (<c>TooManyRejects</c>); the batch that passes it writes and quarantines nothing. Looked at from the 20th message
    /// on; 0 stops at the first reject. What was settled before the run does not count. Null for no limit, but ten rows
    /// in a row that are refused alike, none written between, stop the run (<c>EveryRowRefused</c>), and so do twenty bodies
    /// that do not decode in one way, no login between (<c>EveryBodyRejected</c>); 1 lets that pass, too.
    /// </summary>
    public double? MaxRejectRatio { get; init; }

    /// <summary>
    /// Everything in one transaction that is rolled back when the sink is disposed of: the outcomes are what they would
    /// be. Nothing of it may be settled. A fault of the system ends it. It uses up sequences and holds locks: others
    /// that write the same messages or keys wait.
    /// </summary>
    public bool DryRun { get; init; }

    /// <summary>Looks at the vault before the first message is taken; a record with sealed originals goes there in any case.</summary>
    public bool UseVault { get; init; }

    /// <summary>Goes on under a key that the database has never seen, and tells it of the key.</summary>
    public bool NewKey { get; init; }

    /// <summary>Told of a fault of the system that lasts and is waited for, every ten seconds, on any thread; may be null.</summary>
    public Action<string>? Waiting { get; init; }

    /// <summary>How long faults of the database are retried before the run stops; infinite for as long as it takes.</summary>
    public TimeSpan RetryFor { get; init; } = ReceiveOptions.DefaultRetryFor;
}

/// <summary>What a bad message means for the later messages of its group, in a FIFO queue.</summary>
public enum BadInGroupAction
{
    /// <summary>It goes to quarantine like every bad message, and its group goes on.</summary>
    Continue,

    /// <summary>
    /// It is not quarantined: it and all later messages of its group go back to the queue, where they wait in their
    /// order. A run that ends when its queue is drained keeps them until its end, others return them after a pause that
    /// grows with each delivery.
    /// </summary>
    HoldGroup,
}

/// <summary>What happens to a row whose own unique key (the table's, not the ledger's) is there already.</summary>
public enum ConflictAction
{
    /// <summary>The record goes to quarantine, like every row that the database refuses.</summary>
    Quarantine,

    /// <summary>The row that is there stays; within a batch the oldest.</summary>
    Skip,

    /// <summary>
    /// The newest message of a key wins: by SentTimestamp within a batch; against the row that is there by its
    /// <c>create_date</c>, all that the table keeps of a message's time. On the same day the later batch wins; an older
    /// message is skipped.
    /// </summary>
    Update,

    /// <summary>The run stops (<c>UniqueKeyConflict</c>), and nothing of the batch is written.</summary>
    Fail,
}

/// <summary>What rows mean that were sent and that the server did not take, without an error: a trigger kept them out, or routed them.</summary>
public enum SuppressedAction
{
    /// <summary>They count as rejects: a warning, exit code 2, and <c>-MaxRejectRatio</c>.</summary>
    Warn,

    /// <summary>The table is made so: they are counted, and nothing more.</summary>
    Accept,
}

/// <summary>What happens to a value longer than its column.</summary>
public enum TooLongAction
{
    /// <summary>The record goes to quarantine.</summary>
    Quarantine,

    /// <summary>The value is cut to the column's length.</summary>
    Truncate,
}
