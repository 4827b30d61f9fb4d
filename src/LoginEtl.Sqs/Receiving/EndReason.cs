namespace LoginEtl.Sqs.Receiving;

/// <summary>Why receiving ended.</summary>
internal enum EndReason
{
    /// <summary>Every message asked for was received.</summary>
    LimitReached,

    /// <summary>The queue was proven empty.</summary>
    Drained,

    /// <summary>All that is left waits behind messages of groups that this run keeps back.</summary>
    GroupsHeld,

    /// <summary>Messages that other consumers hold were waited for long enough.</summary>
    DrainTimeout,

    /// <summary>The run's time was up.</summary>
    TimeUp,

    /// <summary>It was asked to stop.</summary>
    Stopped,

    /// <summary>Something failed for good.</summary>
    Failed,
}
