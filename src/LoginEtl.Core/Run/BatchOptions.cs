namespace LoginEtl.Run;

/// <summary>When a batch is written.</summary>
public sealed record BatchOptions
{
    /// <summary>The most that <see cref="BatchSize"/> may be.</summary>
    public const int MostRows = 100_000;

    /// <summary>Rows a batch.</summary>
    public int BatchSize { get; init; } = 5_000;

    /// <summary>Longest time a row waits for its batch to fill.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Settles nothing: the sink rolls everything back, so messages stay held and go back to the queue at the end.
    /// </summary>
    public bool DryRun { get; init; }

    /// <summary>Tells the time; tests let it pass.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;
}
