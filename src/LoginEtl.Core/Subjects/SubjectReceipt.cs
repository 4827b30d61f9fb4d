namespace LoginEtl.Subjects;

/// <summary>What was written of a person, and what could not be looked into.</summary>
public sealed record SubjectReceipt
{
    /// <summary>Schema and name.</summary>
    public required string Table { get; init; }

    /// <summary>The folder.</summary>
    public required string Path { get; init; }

    /// <summary>By which they were looked for.</summary>
    public required string Attribute { get; init; }

    /// <summary>Rows of the table.</summary>
    public required long Rows { get; init; }

    /// <summary>Entries of the quarantine.</summary>
    public required long Entries { get; init; }

    /// <summary>Originals in the vault.</summary>
    public required long Originals { get; init; }

    /// <summary>Entries of the quarantine whose sealed body nobody has looked into.</summary>
    public required long Sealed { get; init; }

    /// <summary>Values under keys that the keyset does not hold or has disabled, or that are no tokens: any of them may be theirs.</summary>
    public required long NotSearched { get; init; }

    /// <summary>All that there is was looked into.</summary>
    public bool IsComplete => Sealed == 0 && NotSearched == 0;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Path}: {Rows} rows, {Entries} entries of the quarantine and {Originals} originals of {Table}")
        + (IsComplete ? "" : FormattableString.Invariant($"; {Sealed} sealed bodies and {NotSearched} values were not looked into"));
}
