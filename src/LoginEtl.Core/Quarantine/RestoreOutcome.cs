namespace LoginEtl.Quarantine;

/// <summary>What became of an entry that was to be restored.</summary>
public enum RestoreOutcome
{
    /// <summary>A row now, or settled as <c>-OnConflict</c> says.</summary>
    Restored,

    /// <summary>It was a row before: no second one.</summary>
    AlreadyRestored,

    /// <summary>It was dismissed before: what it held is gone, and no row is made of its message.</summary>
    Dismissed,

    /// <summary>Refused again: it stays in quarantine.</summary>
    Refused,

    /// <summary>Sent to the table, which did not take it: a trigger kept it out or routed it. Settled like a row.</summary>
    Suppressed,

    /// <summary>The entry is no longer in the quarantine table.</summary>
    Missing,
}
