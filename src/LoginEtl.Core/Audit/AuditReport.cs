namespace LoginEtl.Audit;

/// <summary>What a look at an audit file found.</summary>
public sealed record AuditReport
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Its own id; null when it has no line that holds.</summary>
    public Guid? FileId { get; init; }

    /// <summary>What it came to.</summary>
    public AuditState State { get; init; }

    /// <summary>Whether every line holds, and the database knows no other.</summary>
    public bool IsIntact => State == AuditState.Intact;

    /// <summary>Lines that hold.</summary>
    public long Lines { get; init; }

    /// <summary>1-based number of the first line that does not hold or is missing; null when all lines hold.</summary>
    public long? BrokenLine { get; init; }

    /// <summary>What is wrong; null when all is well.</summary>
    public string? Why { get; init; }

    /// <summary>Last line that the database knows; null when it was not asked.</summary>
    public long? Anchored { get; init; }

    /// <summary>What is to be known besides; null when there is nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Lines under which one of the tokens asked about was opened.</summary>
    public IReadOnlyList<long> Found { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => IsIntact ? $"{Path}: {Lines} lines hold"
        : BrokenLine is { } line ? $"{Path}: line {line} does not hold: {Why}"
        : $"{Path}: {Why}";
}
