namespace LoginEtl.Connections;

/// <summary>What happens to a row whose own unique key (the table's, not the ledger's) is there already.</summary>
public enum ConflictAction
{
    /// <summary>The record goes to quarantine, like every row that the database refuses.</summary>
    Quarantine,

    /// <summary>The row that is there stays.</summary>
    Skip,

    /// <summary>The newest SentTimestamp of a key wins.</summary>
    Update,

    /// <summary>The run stops.</summary>
    Fail,
}
