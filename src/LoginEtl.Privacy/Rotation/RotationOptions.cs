namespace LoginEtl.Rotation;

/// <summary>How tokens are replaced.</summary>
public sealed record RotationOptions
{
    /// <summary>Rows of a transaction, about.</summary>
    public int BatchSize { get; init; } = 5000;

    /// <summary>Most rows a second, so that others have the server too; null for as fast as it goes.</summary>
    public int? MaxRowsPerSecond { get; init; }
}
