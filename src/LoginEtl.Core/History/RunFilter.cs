namespace LoginEtl.History;

/// <summary>Which runs are wanted; the latest first.</summary>
public sealed record RunFilter
{
    /// <summary>So many at most.</summary>
    public int Last { get; init; } = 20;

    /// <summary>Only those that failed or were lost.</summary>
    public bool Failed { get; init; }
}
