namespace LoginEtl.Run;

/// <summary>Why a run ended.</summary>
public enum EndReason
{
    /// <summary>The queue was empty over the whole window.</summary>
    Drained,

    /// <summary>Messages that other consumers hold were waited for long enough: the queue was not seen empty.</summary>
    DrainTimeout,

    /// <summary>All that is left is of groups that this run holds because of bad messages.</summary>
    GroupsHeld,

    /// <summary>Every message asked for was received.</summary>
    MaxMessages,

    /// <summary>The run's time was up.</summary>
    MaxDuration,

    /// <summary>It was asked to stop.</summary>
    Stopped,

    /// <summary>Something failed for good.</summary>
    Failed,
}
