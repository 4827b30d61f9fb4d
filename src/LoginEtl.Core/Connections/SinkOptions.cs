using LoginEtl.Versions;

namespace LoginEtl.Connections;

/// <summary>How rows are written.</summary>
public sealed record SinkOptions
{
    /// <summary>How versions are encoded.</summary>
    public AppVersionFormat AppVersionFormat { get; init; } = AppVersionFormat.Auto;

    /// <summary>What happens to a value longer than its column. A token is never truncated.</summary>
    public TooLong OnTooLong { get; init; } = TooLong.Quarantine;

    /// <summary>How long faults of the system are retried before the run stops.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(1);
}
