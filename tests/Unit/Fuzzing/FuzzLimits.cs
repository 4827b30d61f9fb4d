namespace LoginEtl.Unit.Fuzzing;

/// <summary>What a run takes for a fault beside what a target says itself.</summary>
internal sealed record FuzzLimits
{
    /// <summary>Longest time for one input. Whatever is over it is tried again: the machine may have been busy.</summary>
    public TimeSpan Slow { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>An input that is not through by then is given up.</summary>
    public TimeSpan Hang { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Bytes of live objects that may have come up between the first tenth of a run and its end; null where other work
    /// of the process would be counted too.
    /// </summary>
    public long? Heap { get; init; }
}
