using LoginEtl.Versions;

namespace LoginEtl.Connections;

/// <summary>How rows are written.</summary>
public sealed record SinkOptions
{
    /// <summary>How versions are encoded.</summary>
    public AppVersionFormat AppVersionFormat { get; init; } = AppVersionFormat.Auto;

    /// <summary>What happens to a value longer than its column. A token is never truncated.</summary>
    public TooLong OnTooLong { get; init; } = TooLong.Quarantine;

    /// <summary>What happens to a row whose own unique key is there already.</summary>
    public ConflictAction OnConflict { get; init; }

    /// <summary>Name of the unique constraint or index that <see cref="OnConflict"/> is about; null for the table's only one.</summary>
    public string? ConflictKey { get; init; }

    /// <summary>
    /// Largest share of rejects among the messages written so far, 0 to 1, before the run stops; the batch that passes
    /// it quarantines nothing. Null for no limit.
    /// </summary>
    public double? MaxRejectRatio { get; init; }

    /// <summary>Everything in one transaction that is rolled back when the sink is disposed of.</summary>
    public bool DryRun { get; init; }

    /// <summary>How long faults of the system are retried before the run stops.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(1);
}
