namespace LoginEtl.Sqs.Receiving;

/// <summary>One look at the queue's counts, beside what the run itself holds.</summary>
internal readonly record struct DrainSample
{
    /// <summary>When it was taken, by a clock that does not jump.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>Messages the run has received so far.</summary>
    public required long Received { get; init; }

    /// <summary>Whatever is visible is locked behind messages of a FIFO queue that the run keeps back.</summary>
    public required bool IsLocked { get; init; }

    /// <summary>Nothing is visible or delayed that the run could receive.</summary>
    public required bool NothingToCome { get; init; }

    /// <summary>More is in flight than the run itself holds.</summary>
    public required bool OthersHold { get; init; }

    /// <summary>What is visible may be locked behind what the run itself holds.</summary>
    public required bool OwnMayLock { get; init; }

    /// <summary>It says nothing about messages of others.</summary>
    public required bool IsBlurred { get; init; }
}
