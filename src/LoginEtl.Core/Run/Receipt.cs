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
    public required long Received { get => Counts.Received; init => Counts = Counts.With(received: value); }

    /// <summary>New rows.</summary>
    public long Written { get => Counts[Run.Outcome.Written]; init => Counts = Counts.With(Run.Outcome.Written, value); }

    /// <summary>Rows changed.</summary>
    public long Updated { get => Counts[Run.Outcome.Updated]; init => Counts = Counts.With(Run.Outcome.Updated, value); }

    /// <summary>Rows that were there and were left.</summary>
    public long Skipped { get => Counts[Run.Outcome.Skipped]; init => Counts = Counts.With(Run.Outcome.Skipped, value); }

    /// <summary>Rows already, written before or restored from quarantine: no second row.</summary>
    public long Duplicate { get => Counts[Run.Outcome.Duplicate]; init => Counts = Counts.With(Run.Outcome.Duplicate, value); }

    /// <summary>In quarantine: put there by this run, or delivered again while there, or after it was dismissed.</summary>
    public long Quarantined { get => Counts[Run.Outcome.Quarantined]; init => Counts = Counts.With(Run.Outcome.Quarantined, value); }

    /// <summary>
    /// Rows that were sent less rows that the server took: a trigger kept them out or routed them. Their messages are settled.
    /// </summary>
    public long Suppressed { get => Counts[Run.Outcome.Suppressed]; init => Counts = Counts.With(Run.Outcome.Suppressed, value); }

    /// <summary>Suppressed rows are as they should be (<c>-OnSuppressed Accept</c>), and no rejects.</summary>
    public bool SuppressedAccepted { get => Counts.SuppressedAccepted; init => Counts = Counts.With(suppressedAccepted: value); }

    /// <summary>Deleted by hand.</summary>
    public long Confirmed { get => Counts[Run.Outcome.Confirmed]; init => Counts = Counts.With(Run.Outcome.Confirmed, value); }

    /// <summary>Visible in the queue again.</summary>
    public long Returned { get => Counts[Run.Outcome.Returned]; init => Counts = Counts.With(Run.Outcome.Returned, value); }

    /// <summary>Lease ran out or return failed.</summary>
    public long Lapsed { get => Counts[Run.Outcome.Lapsed]; init => Counts = Counts.With(Run.Outcome.Lapsed, value); }

    /// <summary>Commits whose answer was lost and could not be found out.</summary>
    public long Unknown { get => Counts[Run.Outcome.Unknown]; init => Counts = Counts.With(Run.Outcome.Unknown, value); }

    /// <summary>Settled but still in the queue because their delete failed; they come again as duplicates.</summary>
    public long Undeleted { get => Counts[BesideOutcomes.Undeleted]; init => Counts = Counts.With(BesideOutcomes.Undeleted, value); }

    /// <summary>
    /// How often a group of a FIFO queue was held because of a bad message: it and what follows it in the group went back.
    /// </summary>
    public long HeldGroups { get => Counts[BesideOutcomes.HeldGroups]; init => Counts = Counts.With(BesideOutcomes.HeldGroups, value); }

    /// <summary>
    /// Rows written or updated whose ip is no address (a list of proxies, a port): masked as opaque text, so one address
    /// may have several tokens. Changes no exit code.
    /// </summary>
    public long NotAnAddress { get => Counts[BesideOutcomes.NotAnAddress]; init => Counts = Counts.With(BesideOutcomes.NotAnAddress, value); }

    /// <summary>
    /// Rows written or updated whose <c>user_id</c> as a whole is an IP address, an e-mail address or a phone number, in clear
    /// (<c>-OnPiiFound</c>). Changes no exit code.
    /// </summary>
    public long PiiUserId { get => Counts[BesideOutcomes.PiiUserId]; init => Counts = Counts.With(BesideOutcomes.PiiUserId, value); }

    /// <summary>The same of <c>app_version</c>, but for IPv4 addresses: a version of four parts has their form.</summary>
    public long PiiAppVersion { get => Counts[BesideOutcomes.PiiAppVersion]; init => Counts = Counts.With(BesideOutcomes.PiiAppVersion, value); }

    /// <summary>The same of <c>device_type</c>.</summary>
    public long PiiDeviceType { get => Counts[BesideOutcomes.PiiDeviceType]; init => Counts = Counts.With(BesideOutcomes.PiiDeviceType, value); }

    /// <summary>The same of <c>locale</c>.</summary>
    public long PiiLocale { get => Counts[BesideOutcomes.PiiLocale]; init => Counts = Counts.With(BesideOutcomes.PiiLocale, value); }

    /// <summary>
    /// Records that were to be written when their messages were not held any more, because their pipeline had ended: none of
    /// these is among the received, and their messages come again.
    /// </summary>
    public long NotHeld { get => Counts[BesideOutcomes.NotHeld]; init => Counts = Counts.With(BesideOutcomes.NotHeld, value); }

    /// <summary>Calls to SQS until now: what it charges for. None for files, and for a writer whose run goes on.</summary>
    public CallCounts Calls { get; init; } = new();

    /// <summary>
    /// Its entry in the chain of receipts: number and SHA-256, as in <c>42:9f86d0…</c>. Whoever keeps it can tell later whether
    /// any receipt before it was changed (Test-LoginRun). Null where none was made.
    /// </summary>
    public string? Link { get; init; }

    /// <summary>What ended a failed run, and what to do; free of personal data. Null where nothing failed.</summary>
    public string? Error => _faults.Count == 0 ? null : string.Join(" ", _faults.Select(f => $"{f.Message} {f.Remedy}"));

    /// <summary>The error's name, as docs/errors.md explains it; the first one's, where several runs failed.</summary>
    public string? ErrorId => GetFault()?.Id;

    /// <summary>Whether the equation holds.</summary>
    public bool Balanced => Counts.Balanced;

    /// <summary>
    /// 0 all well, 1 failed (an error, an unknown commit, records that were not held or books that do not balance), 2 finished with rejects: in
    /// quarantine, holding their group, or kept out of the table unless that is accepted. 75, as sysexits.h has it, failed by what may
    /// pass, as a server that is away: run it again.
    /// </summary>
    public int ExitCode =>
        Outcome == RunState.Failed && _faults.Count > 0 && _faults.All(f => f.Kind == FaultKind.Unreachable) && NotHeld == 0 && Balanced ? MayPass
        : Outcome == RunState.Failed || Unknown > 0 || NotHeld > 0 || !Balanced ? 1
        : Quarantined > 0 || HeldGroups > 0 || (Suppressed > 0 && !SuppressedAccepted) ? 2
        : 0;

    private const int MayPass = 75;

    /// <summary>Where all that is counted stands, once.</summary>
    internal RunCounts Counts { get; private init; } = new();

    private IReadOnlyList<LoginEtlException> _faults = [];

    /// <summary>What ended a failed run; the first of several. Null where nothing failed.</summary>
    public LoginEtlException? GetFault() => _faults.Count == 0 ? null : _faults[0];

    /// <summary>The same counts, of a run that this has ended.</summary>
    /// <param name="fault">What failed.</param>
    public Receipt FailedBy(LoginEtlException fault) => this with { Outcome = RunState.Failed, Ended = EndReason.Failed, _faults = [fault] };

    /// <summary>The same counts, of a run that was stopped.</summary>
    public Receipt Stopped() => this with { Outcome = RunState.Stopped, Ended = EndReason.Stopped, _faults = [] };

    internal static Receipt From(
        string source, RunState outcome, DateTimeOffset startedAt, TimeSpan elapsed, RunCounts counts, EndReason? ended = null) =>
        new()
        {
            Source = source,
            Outcome = outcome,
            // What is held with its group goes back: the queue has it still.
            Ended = ended == EndReason.Drained && counts[BesideOutcomes.HeldGroups] > 0 ? EndReason.GroupsHeld : ended,
            StartedAt = startedAt,
            Elapsed = elapsed,
            Received = counts.Received,
            Counts = counts,
        };

    /// <summary>One receipt for a pipeline that several sources feed: counts added up, the earliest start, the worst outcome. At least one.</summary>
    internal static Receipt Sum(IReadOnlyList<Receipt> receipts)
    {
        if (receipts.Count == 1)
        {
            return receipts[0];
        }

        var start = receipts.Min(r => r.StartedAt);
        return From(
            string.Join(", ", receipts.Select(r => r.Source).Distinct()),
            receipts.Max(r => r.Outcome),
            start,
            receipts.Max(r => r.StartedAt + r.Elapsed) - start,
            receipts.Select(r => r.Counts).Aggregate((all, next) => all.Plus(next))) with
        {
            _faults = [.. receipts.SelectMany(r => r._faults)],
            Calls = receipts.Select(r => r.Calls).Aggregate((all, next) => all.Plus(next)),
            Ended = receipts.Any(r => r._faults.Count > 0) ? EndReason.Failed : receipts.Select(r => r.Ended).Distinct().ToList() is [var one] ? one : null,
        };
    }

    /// <summary>The receipt of a run that failed before it received anything.</summary>
    public static Receipt Failed(string source, DateTimeOffset startedAt, LoginEtlException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return From(source, RunState.Failed, startedAt, DateTimeOffset.UtcNow - startedAt, new RunCounts()).FailedBy(fault);
    }

    /// <summary>Of a run that was stopped before it had begun, and has received nothing.</summary>
    /// <param name="source">The queue.</param>
    /// <param name="startedAt">When it was started.</param>
    public static Receipt StoppedAtStart(string source, DateTimeOffset startedAt) =>
        From(source, RunState.Stopped, startedAt, DateTimeOffset.UtcNow - startedAt, new RunCounts(), EndReason.Stopped);

    /// <summary>One line of JSON, as the worker writes it: words for enums, seconds as a number.</summary>
    public string ToJson() => ReceiptText.Json(this);

    /// <summary>The receipt in one line.</summary>
    public override string ToString() => ReceiptText.Line(this);
}
