using LoginEtl.Faults;

namespace LoginEtl.Run;

/// <summary>
/// The end of every run, counted per delivery: received = written + updated + skipped + duplicate + quarantined +
/// suppressed + confirmed + returned + lapsed + unknown.
/// </summary>
public sealed record Receipt
{
    /// <summary>Where the messages came from: the queue's name, or the name of a file.</summary>
    public required string Source { get; init; }

    /// <summary>The program that ran: its version, and the commit it was built from where that is known.</summary>
    public string Version { get; init; } = ProgramVersion.Text;

    /// <summary>How the run ended.</summary>
    public required RunState Outcome { get; init; }

    /// <summary>Why the run ended; null where several sources ended for several reasons, and for files.</summary>
    public EndReason? Ended { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From the first connection to the last settlement.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Deliveries taken in.</summary>
    public required long Received { get; init; }

    /// <summary>New rows.</summary>
    public long Written { get; init; }

    /// <summary>Rows changed.</summary>
    public long Updated { get; init; }

    /// <summary>Rows that were there and were left.</summary>
    public long Skipped { get; init; }

    /// <summary>Rows already, written before or restored from quarantine: no second row.</summary>
    public long Duplicate { get; init; }

    /// <summary>In quarantine: put there by this run, or delivered again while there, or after it was dismissed.</summary>
    public long Quarantined { get; init; }

    /// <summary>
    /// Rows that were sent less rows that the server took: a trigger kept them out or routed them. Their messages are settled.
    /// </summary>
    public long Suppressed { get; init; }

    /// <summary>Suppressed rows are as they should be (<c>-OnSuppressed Accept</c>), and no rejects.</summary>
    public bool SuppressedAccepted { get; init; }

    /// <summary>Deleted by hand.</summary>
    public long Confirmed { get; init; }

    /// <summary>Visible in the queue again.</summary>
    public long Returned { get; init; }

    /// <summary>Lease ran out or return failed.</summary>
    public long Lapsed { get; init; }

    /// <summary>Commits whose answer was lost and could not be found out.</summary>
    public long Unknown { get; init; }

    /// <summary>Settled but still in the queue because their delete failed; they come again as duplicates.</summary>
    public long Undeleted { get; init; }

    /// <summary>
    /// How often a group of a FIFO queue was held because of a bad message: it and what follows it in the group went back.
    /// </summary>
    public long HeldGroups { get; init; }

    /// <summary>
    /// Rows written or updated whose ip is no address (a list of proxies, a port): masked as opaque text, so one address
    /// may have several tokens. Changes no exit code.
    /// </summary>
    public long NotAnAddress { get; init; }

    /// <summary>
    /// Records that were to be written when their messages were not held any more, because their pipeline had ended: none of
    /// these is among the received, and their messages come again.
    /// </summary>
    public long NotHeld { get; init; }

    /// <summary>What ended a failed run; free of personal data.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the equation holds.</summary>
    public bool Balanced =>
        Received == Written + Updated + Skipped + Duplicate + Quarantined + Suppressed + Confirmed + Returned + Lapsed + Unknown;

    /// <summary>
    /// 0 all well, 1 failed (an error, an unknown commit, records that were not held or books that do not balance), 2 finished with rejects: in
    /// quarantine, holding their group, or kept out of the table unless that is accepted.
    /// </summary>
    public int ExitCode =>
        Outcome == RunState.Failed || Unknown > 0 || NotHeld > 0 || !Balanced ? 1
        : Quarantined > 0 || HeldGroups > 0 || (Suppressed > 0 && !SuppressedAccepted) ? 2
        : 0;

    internal static Receipt From(
        string source, RunState outcome, DateTimeOffset startedAt, TimeSpan elapsed, BookEntries entries, string? error, EndReason? ended = null) =>
        new()
        {
            Source = source,
            Outcome = outcome,
            // What is held with its group goes back: the queue has it still.
            Ended = outcome == RunState.Failed ? EndReason.Failed : ended == EndReason.Drained && entries.HeldGroups > 0 ? EndReason.GroupsHeld : ended,
            StartedAt = startedAt,
            Elapsed = elapsed,
            Received = entries.Received,
            Written = entries.Ended[Run.Outcome.Written],
            Updated = entries.Ended[Run.Outcome.Updated],
            Skipped = entries.Ended[Run.Outcome.Skipped],
            Duplicate = entries.Ended[Run.Outcome.Duplicate],
            Quarantined = entries.Ended[Run.Outcome.Quarantined],
            Suppressed = entries.Ended[Run.Outcome.Suppressed],
            SuppressedAccepted = entries.SuppressedAccepted,
            Confirmed = entries.Ended[Run.Outcome.Confirmed],
            Returned = entries.Ended[Run.Outcome.Returned],
            Lapsed = entries.Ended[Run.Outcome.Lapsed],
            Unknown = entries.Ended[Run.Outcome.Unknown],
            Undeleted = entries.Undeleted,
            HeldGroups = entries.HeldGroups,
            NotAnAddress = entries.NotAnAddress,
            Error = error,
        };

    /// <summary>The receipt of a run that failed before it received anything.</summary>
    public static Receipt Failed(string source, DateTimeOffset startedAt, LoginEtlException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return From(
            source, RunState.Failed, startedAt, DateTimeOffset.UtcNow - startedAt, new BookEntries(0, new OutcomeCounts(), 0, 0),
            $"{fault.Message} {fault.Remedy}");
    }

    /// <summary>The receipt in one line.</summary>
    public override string ToString() => ReceiptText.Line(this);
}
