namespace LoginEtl.Run;

/// <summary>How a delivery ended. The receipt counts each delivery under exactly one.</summary>
public enum Outcome
{
    /// <summary>A new row.</summary>
    Written,

    /// <summary>A row that was there already was changed (<c>-OnConflict Update</c>).</summary>
    Updated,

    /// <summary>A row that was there already was left (<c>-OnConflict Skip</c>).</summary>
    Skipped,

    /// <summary>A message that was written before, or restored from quarantine: no second row.</summary>
    Duplicate,

    /// <summary>
    /// In quarantine, with its reason: one entry, however often the message comes. A later delivery counts here as well, since
    /// the run that quarantined it may have died before it could tell.
    /// </summary>
    Quarantined,

    /// <summary>Sent to the table, which did not take it: a trigger kept it out or routed it. Settled all the same.</summary>
    Suppressed,

    /// <summary>Deleted by hand.</summary>
    Confirmed,

    /// <summary>Visible in the queue again.</summary>
    Returned,

    /// <summary>The lease ran out, or the return failed: visible again when its timeout passes.</summary>
    Lapsed,

    /// <summary>A commit whose answer was lost and could not be found out. A failed run.</summary>
    Unknown,
}
