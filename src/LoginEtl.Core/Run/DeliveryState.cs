namespace LoginEtl.Run;

/// <summary>Where a delivery stands between the queue and its end.</summary>
internal enum DeliveryState
{
    /// <summary>In the pipeline: invisible in the queue, its lease kept alive.</summary>
    Held,

    /// <summary>In the buffer of a writer.</summary>
    Claimed,

    /// <summary>In a transaction: nobody else may settle it now.</summary>
    Committing,

    /// <summary>Of a group that is held: nobody may write it in this run; its lease is kept alive until it goes back.</summary>
    HeldBack,

    /// <summary>On its way back to the queue.</summary>
    Returning,

    /// <summary>Counted under its outcome; nothing more happens to it.</summary>
    Settled,
}
