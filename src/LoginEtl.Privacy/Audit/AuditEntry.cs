namespace LoginEtl.Audit;

/// <summary>What is to be recorded before anything is opened: what was asked for, and not what it comes to.</summary>
public sealed record AuditEntry
{
    /// <summary>What recovers.</summary>
    public required string Command { get; init; }

    /// <summary>Why, in the operator's words.</summary>
    public required string Reason { get; init; }

    /// <summary>Which attributes' values were asked for.</summary>
    public required IReadOnlyList<string> Attributes { get; init; }

    /// <summary>The tokens asked for; the line holds keyed fingerprints of them, and their keys' prefixes.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>The messages whose quarantined bodies were asked for, by their ids; empty where it is about tokens.</summary>
    public IReadOnlyList<string> Messages { get; init; } = [];

    /// <summary>What is removed; null where it is about recovery.</summary>
    public AuditRemoval? Removal { get; init; }
}
