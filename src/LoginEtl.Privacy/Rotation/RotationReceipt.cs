namespace LoginEtl.Rotation;

/// <summary>What a rotation did.</summary>
public sealed record RotationReceipt
{
    /// <summary>Schema and name.</summary>
    public required string Table { get; init; }

    /// <summary>Rows of the table and entries of the quarantine that carry new tokens.</summary>
    public required long RowsUpdated { get; init; }

    /// <summary>Values replaced, both columns.</summary>
    public required long TokensReplaced { get; init; }

    /// <summary>Looks at the whole table, the last of which found nothing more.</summary>
    public required int Passes { get; init; }

    /// <summary>What stayed as it is: under a disabled or unknown key, or damaged.</summary>
    public required IReadOnlyList<UnreadableTokens> Unreadable { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>0 when every row is under a primary key; 2 when some could not be read.</summary>
    public int ExitCode => Unreadable.Count == 0 ? 0 : 2;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"{Table}: {RowsUpdated} rows updated, {TokensReplaced} tokens replaced in {Elapsed.TotalSeconds:0.0} s; {Unreadable.Sum(u => u.Rows)} unreadable");
}
