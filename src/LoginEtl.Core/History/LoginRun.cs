namespace LoginEtl.History;

/// <summary>
/// A run as its database remembers it. What it wrote is counted in the batches' own transactions, so it is what the ledgers
/// have of it, also where the run was killed; the rest is there once it has ended.
/// </summary>
public sealed record LoginRun
{
    /// <summary>Of the run.</summary>
    public required Guid Id { get; init; }

    /// <summary>What became of it.</summary>
    public required LoginRunState State { get; init; }

    /// <summary>The queue's name, or <c>text</c>; null of a pipeline that goes on.</summary>
    public string? Source { get; init; }

    /// <summary>Name of the machine that it ran on, as it gave it.</summary>
    public required string Host { get; init; }

    /// <summary>The program that ran: its version, and the commit it was built from where that is known.</summary>
    public required string Version { get; init; }

    /// <summary>The database's user that it ran as, by the server's word.</summary>
    public required string StartedBy { get; init; }

    /// <summary>By the server's clock (UTC).</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was last heard of, by the server's clock (UTC): at its last batch, or within the last half minute while it goes on.</summary>
    public required DateTimeOffset SeenAt { get; init; }

    /// <summary>When it ended, by the server's clock (UTC); null while it goes on, and of one that was lost.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it ended: Drained, MaxMessages, Stopped, Failed, …; null where nothing was received from a queue.</summary>
    public string? Ended { get; init; }

    /// <summary>The error's name, as docs/errors.md explains it; null where nothing failed.</summary>
    public string? ErrorId { get; init; }

    /// <summary>Batches that stand.</summary>
    public long Batches { get; init; }

    /// <summary>New rows.</summary>
    public long Written { get; init; }

    /// <summary>Rows changed.</summary>
    public long Updated { get; init; }

    /// <summary>Rows that were there and were left.</summary>
    public long Skipped { get; init; }

    /// <summary>Put into quarantine by this run.</summary>
    public long Quarantined { get; init; }

    /// <summary>Rows that a trigger kept out or routed.</summary>
    public long Suppressed { get; init; }

    /// <summary>Deliveries taken in; null until it has ended.</summary>
    public long? Received { get; init; }

    /// <summary>Rows already: no second one was written; null until it has ended.</summary>
    public long? Duplicate { get; init; }

    /// <summary>Visible in the queue again; null until it has ended.</summary>
    public long? Returned { get; init; }

    /// <summary>Lease ran out or return failed; null until it has ended.</summary>
    public long? Lapsed { get; init; }

    /// <summary>Commits whose answer was lost and could not be found out; null until it has ended.</summary>
    public long? Unknown { get; init; }

    /// <summary>Settled but still in the queue because their delete failed; null until it has ended.</summary>
    public long? Undeleted { get; init; }

    /// <summary>Until its end, or until it was last heard of.</summary>
    public TimeSpan Elapsed => (EndedAt ?? SeenAt) - StartedAt;

    /// <summary>The run in one line.</summary>
    public override string ToString() => FormattableString.Invariant($"{StartedAt:yyyy-MM-dd HH:mm:ss}Z {Source} {State}: {Written} written, {Quarantined} in quarantine{(ErrorId is null ? "" : $", {ErrorId}")}");
}

/// <summary>What became of a run.</summary>
public enum LoginRunState
{
    /// <summary>It goes on, or was killed less than a few minutes ago.</summary>
    Running,

    /// <summary>It came to its end: drained, or its limit reached.</summary>
    Completed,

    /// <summary>It was asked to stop and stopped well.</summary>
    Stopped,

    /// <summary>An error ended it, perhaps before it received anything.</summary>
    Failed,

    /// <summary>It said nothing for some minutes and has not ended: killed, or without its database at the end.</summary>
    Lost,
}
