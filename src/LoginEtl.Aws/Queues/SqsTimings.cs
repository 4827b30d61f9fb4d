namespace LoginEtl.Aws.Queues;

/// <summary>The times of a run that are no settings. Tests shorten them.</summary>
internal sealed record SqsTimings
{
    public static SqsTimings Default { get; } = new();

    /// <summary>
    /// How long a stopping run waits for polls in flight: their messages would otherwise stay invisible until their
    /// timeout. A little more than the shortest long poll, one second.
    /// </summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromMilliseconds(1300);

    /// <summary>Deletes are retried for this long.</summary>
    public TimeSpan DeleteWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A return is given this long: the time that a stopping run has.</summary>
    public TimeSpan ReturnWithin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Failed entries of a sent batch are retried for this long.</summary>
    public TimeSpan SendWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Leases are extended until a delivery is this old; SQS ends them at 12 hours.</summary>
    public TimeSpan HoldAtMost { get; init; } = TimeSpan.FromHours(11);

    /// <summary>Without messages for this long, the counts of the queue are worth a look.</summary>
    public TimeSpan IdleBeforeSampling { get; init; } = TimeSpan.FromMilliseconds(500);
}
