namespace LoginEtl.Subjects;

/// <summary>What was removed of a person, or would be, and where the audit says so.</summary>
public sealed record RemovalReceipt
{
    /// <summary>Schema and name.</summary>
    public required string Table { get; init; }

    /// <summary>By which they were looked for.</summary>
    public required string Attribute { get; init; }

    /// <summary>Rows of the table that were deleted.</summary>
    public required long Rows { get; init; }

    /// <summary>Entries of the quarantine that hold nothing any more.</summary>
    public required long Entries { get; init; }

    /// <summary>Originals that were deleted from the vault; those that another's rows need are not among them.</summary>
    public required long Originals { get; init; }

    /// <summary>When (UTC).</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Nothing was removed: it says what would be.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Entries of the quarantine whose sealed body nobody has looked into: while there are any, nothing is removed.</summary>
    public long Sealed { get; init; }

    /// <summary>Values that nobody could look under: while there are any, nothing is removed.</summary>
    public long NotSearched { get; init; }

    /// <summary>The audit file's own id; null of a dry run.</summary>
    public Guid? AuditFileId { get; init; }

    /// <summary>1-based number of the line that says so; null of a dry run.</summary>
    public long? AuditLine { get; init; }

    /// <summary>That line's HMAC, in hexadecimal, as it stands in the file and in the database's anchors; null of a dry run.</summary>
    public string? AuditMac { get; init; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"{Table}: {Rows} rows, {Entries} entries of the quarantine and {Originals} originals {(IsDryRun ? "would be removed" : $"were removed; line {AuditLine} of audit file {AuditFileId}")}");
}
