namespace LoginEtl.Export;

/// <summary>What was exported.</summary>
public sealed record ExportReceipt
{
    /// <summary>Schema and name.</summary>
    public required string Table { get; init; }

    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Rows in it.</summary>
    public required long Rows { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Path}: {Rows} rows of {Table}, {Bytes} bytes in {Elapsed.TotalSeconds:0.0} s");
}
