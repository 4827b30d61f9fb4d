namespace LoginEtl.Run;

/// <summary>The books of a run at one moment, counted per delivery.</summary>
/// <param name="Received">Taken in.</param>
/// <param name="Ended">By outcome.</param>
/// <param name="Undeleted">Settled but still in the queue, because their delete failed.</param>
/// <param name="Open">Not yet settled.</param>
public sealed record BookEntries(long Received, OutcomeCounts Ended, long Undeleted, long Open)
{
    /// <summary>How often a group of a FIFO queue was held because of a bad message.</summary>
    public long HeldGroups { get; init; }

    /// <summary>Its writer took suppressed rows for what they should be.</summary>
    public bool SuppressedAccepted => Ended.SuppressedAccepted;

    /// <summary>Rows whose ip is no address.</summary>
    public long NotAnAddress => Ended.NotAnAddress;

    /// <summary>Every delivery received has exactly one outcome.</summary>
    public bool Balanced => Open == 0 && Received == Ended.Total;
}
