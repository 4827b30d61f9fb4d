using System.Globalization;
using LoginEtl.Faults;
using LoginEtl.Run;

namespace LoginEtl.Moving;

/// <summary>What became of the messages that were to be moved: received = moved + already moved + already written + already quarantined + left + lapsed.</summary>
public sealed record MoveReceipt
{
    /// <summary>The queue that they were in.</summary>
    public required string From { get; init; }

    /// <summary>The queue that they were to go to.</summary>
    public required string To { get; init; }

    /// <summary>How it ended.</summary>
    public required RunState Outcome { get; init; }

    /// <summary>Why it ended.</summary>
    public EndReason? Ended { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From the first poll to the last settlement.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Deliveries taken in.</summary>
    public required long Received { get; init; }

    /// <summary>Sent on, and deleted.</summary>
    public required long Moved { get; init; }

    /// <summary>Sent on by this move before, and come again because their delete had failed: not sent again.</summary>
    public required long AlreadyMoved { get; init; }

    /// <summary>Written by a run before: deleted, and not sent.</summary>
    public required long AlreadyWritten { get; init; }

    /// <summary>In quarantine, or dismissed there: deleted, and not sent.</summary>
    public required long AlreadyQuarantined { get; init; }

    /// <summary>In their queue still, of which <see cref="Unsendable"/>, <see cref="Unverified"/> and <see cref="TooOld"/> tell some.</summary>
    public required long Left { get; init; }

    /// <summary>Left because the queue takes no such message.</summary>
    public required long Unsendable { get; init; }

    /// <summary>Left because they say that they were moved before, and nobody who holds these keys has said so.</summary>
    public required long Unverified { get; init; }

    /// <summary>Left because nobody knows any more whether they were written.</summary>
    public required long TooOld { get; init; }

    /// <summary>Lease ran out, or the return failed: in their queue still.</summary>
    public required long Lapsed { get; init; }

    /// <summary>Sent or settled, and in their queue still because their delete failed. Move again: none of them is written twice.</summary>
    public required long Undeleted { get; init; }

    /// <summary>What ended one that failed, and what to do; free of personal data. Null where nothing failed.</summary>
    public string? Error => _fault is null ? null : $"{_fault.Message} {_fault.Remedy}";

    private LoginEtlException? _fault;

    /// <summary>What failed; null where nothing did.</summary>
    public LoginEtlException? GetFault() => _fault;

    internal static MoveReceipt Of(Receipt run, string to, LeftCounts left) => new()
    {
        From = run.Source,
        To = to,
        Outcome = run.Outcome,
        Ended = run.Ended,
        StartedAt = run.StartedAt,
        Elapsed = run.Elapsed,
        Received = run.Received,
        Moved = run.Confirmed,
        AlreadyMoved = run.Skipped,
        AlreadyWritten = run.Duplicate,
        AlreadyQuarantined = run.Quarantined,
        Left = run.Returned,
        Unsendable = left.Unsendable,
        Unverified = left.Unverified,
        TooOld = left.TooOld,
        Lapsed = run.Lapsed,
        Undeleted = run.Undeleted,
        _fault = run.GetFault(),
    };

    /// <summary>In a line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{From} to {To}: {Outcome}, received {Received}, moved {Moved}, already written {AlreadyWritten}, already quarantined {AlreadyQuarantined}, left {Left}, lapsed {Lapsed}, undeleted {Undeleted}");
}

/// <summary>Why messages were left.</summary>
internal sealed class LeftCounts
{
    public long Unsendable { get; set; }

    public long Unverified { get; set; }

    public long TooOld { get; set; }
}
