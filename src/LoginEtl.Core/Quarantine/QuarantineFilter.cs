namespace LoginEtl.Quarantine;

/// <summary>Which entries are wanted.</summary>
public sealed record QuarantineFilter
{
    /// <summary>Code of the reason, such as <c>missing_field</c>; null for all.</summary>
    public string? Reason { get; init; }

    /// <summary>Those of the queue of this name; null for all, those of files among them.</summary>
    public string? Queue { get; init; }

    /// <summary>Those that came at this time or later; null for all.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>So many at most, the oldest first; null for all.</summary>
    public long? Max { get; init; }

    /// <summary>Also those that are settled: that have become rows, or were dismissed.</summary>
    public bool IncludeSettled { get; init; }
}
