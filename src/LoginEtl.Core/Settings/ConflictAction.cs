namespace LoginEtl.Settings;

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
