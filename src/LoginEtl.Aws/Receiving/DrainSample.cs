namespace LoginEtl.Aws.Receiving;

/// <summary>One look at the queue's counts, beside what the run itself holds.</summary>
internal readonly record struct DrainSample
{
    /// <summary>When it was taken, by a clock that does not jump.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>Messages that have come so far, and were not held already.</summary>
    public required long Taken { get; init; }

    /// <summary>Whatever is visible is locked behind messages of a FIFO queue that the run keeps back.</summary>
    public required bool IsLocked { get; init; }

    /// <summary>Nothing is visible or delayed that the run could receive.</summary>
    public required bool NothingToCome { get; init; }

    /// <summary>More is in flight than the run itself holds.</summary>
    public required bool OthersHold { get; init; }

    /// <summary>What is visible may be locked behind what is in flight, and none of that is being settled by this run.</summary>
    public required bool MayBeLocked { get; init; }

    /// <summary>When the latest poll began that found nothing which the run could have taken; null before the first.</summary>
    public required TimeSpan? EmptyPollBegan { get; init; }

    /// <summary>The same, of polls that may have brought nothing new only because they were full of what the run held already.</summary>
    public required TimeSpan? IdlePollBegan { get; init; }

    /// <summary>It says nothing about messages of others.</summary>
    public required bool IsBlurred { get; init; }
}
