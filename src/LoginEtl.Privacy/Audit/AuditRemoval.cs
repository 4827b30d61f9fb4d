namespace LoginEtl.Audit;

/// <summary>What a removal removes. Two lines say so: one before the COMMIT, and one after it that names the first.</summary>
public sealed record AuditRemoval
{
    /// <summary>The line that said that it was begun; null in that line itself.</summary>
    public long? Begun { get; init; }

    /// <summary>Rows of the table.</summary>
    public required long Rows { get; init; }

    /// <summary>Entries of the quarantine.</summary>
    public required long Entries { get; init; }

    /// <summary>Originals in the vault.</summary>
    public required long Originals { get; init; }
}

/// <summary>A line as it was written.</summary>
/// <param name="FileId">Of its file.</param>
/// <param name="Line">1-based.</param>
/// <param name="Mac">Its HMAC, in hexadecimal.</param>
public sealed record AuditedLine(Guid FileId, long Line, string Mac);
