namespace LoginEtl.Settings;

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
