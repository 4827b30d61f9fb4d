using System.Text.Json;
using LoginEtl.Records;
using LoginEtl.Telemetry;

namespace LoginEtl.Run;

/// <summary>
/// What a run counts: deliveries by outcome, which add up to those received, and what is counted beside them. Receipts,
/// their sums, lines and JSON follow from here. Not thread-safe.
/// </summary>
public sealed class RunCounts
{
    /// <summary>Where personal data are counted that a field should not have.</summary>
    internal static readonly (PiiFields Field, BesideOutcomes Kind)[] PiiKinds =
    [
        (PiiFields.UserId, BesideOutcomes.PiiUserId), (PiiFields.AppVersion, BesideOutcomes.PiiAppVersion),
        (PiiFields.DeviceType, BesideOutcomes.PiiDeviceType), (PiiFields.Locale, BesideOutcomes.PiiLocale),
    ];

    private readonly long[] _outcomes = new long[Enum.GetValues<Outcome>().Length];
    private readonly long[] _beside = new long[Enum.GetValues<BesideOutcomes>().Length];

    /// <summary>Deliveries taken in.</summary>
    public long Received { get; private set; }

    /// <summary>Its writers took suppressed rows for what they should be.</summary>
    public bool SuppressedAccepted { get; private set; }

    /// <summary>Deliveries that have an outcome.</summary>
    public long Settled => _outcomes.Sum();

    /// <summary>Whether every delivery received has exactly one outcome.</summary>
    public bool Balanced => Received == Settled;

    /// <summary>All but those received, by the names that JSON has.</summary>
    internal IEnumerable<(string Name, long Count)> Named =>
        [.. Enum.GetValues<Outcome>().Select(o => (NameOf(o), this[o])), .. Enum.GetValues<BesideOutcomes>().Select(b => (NameOf(b), this[b]))];

    /// <summary>What is measured of them.</summary>
    internal IEnumerable<(string Name, long Count)> Measured =>
        [(RunMetrics.Received, Received), (RunMetrics.Undeleted, this[BesideOutcomes.Undeleted]), .. Enum.GetValues<Outcome>().Select(o => (NameOf(o), this[o]))];

    /// <summary>Deliveries that ended so.</summary>
    public long this[Outcome outcome] => _outcomes[(int)outcome];

    internal long this[BesideOutcomes kind] => _beside[(int)kind];

    /// <summary>One more was taken in.</summary>
    public void Receive() => Received++;

    /// <summary>Counts some more.</summary>
    public void Add(Outcome outcome, long count = 1) => _outcomes[(int)outcome] += count;

    /// <summary>Counts what became of a batch.</summary>
    public void Add(IReadOnlyList<Outcome> outcomes)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        foreach (var outcome in outcomes)
        {
            Add(outcome);
        }
    }

    internal void Add(BesideOutcomes kind, long count) => _beside[(int)kind] += count;

    internal void Add(Outcome outcome, RowFacts row)
    {
        Add(outcome);
        // A duplicate was counted when its row was written.
        if (outcome is Outcome.Written or Outcome.Updated)
        {
            Add(BesideOutcomes.NotAnAddress, row.HasNoAddress ? 1 : 0);
            foreach (var (field, kind) in row.Pii == PiiFields.None ? [] : PiiKinds)
            {
                Add(kind, row.Pii.HasFlag(field) ? 1 : 0);
            }
        }

        SuppressedAccepted |= row.SuppressionIsAccepted;
    }

    /// <summary>Both together. Suppressed rows are accepted where nobody counts some that are not.</summary>
    internal RunCounts Plus(RunCounts other)
    {
        bool MayAccept(RunCounts counts) => counts.SuppressedAccepted || counts[Outcome.Suppressed] == 0;
        var sum = new RunCounts
        {
            Received = Received + other.Received,
            SuppressedAccepted = (SuppressedAccepted || other.SuppressedAccepted) && MayAccept(this) && MayAccept(other),
        };
        AddUp(_outcomes, other._outcomes, sum._outcomes);
        AddUp(_beside, other._beside, sum._beside);
        return sum;
    }

    internal RunCounts Copy() => Plus(new RunCounts());

    internal RunCounts With(Outcome outcome, long count) => With(c => c._outcomes[(int)outcome] = count);

    internal RunCounts With(BesideOutcomes kind, long count) => With(c => c._beside[(int)kind] = count);

    internal RunCounts With(long received) => With(c => c.Received = received);

    internal RunCounts With(bool suppressedAccepted) => With(c => c.SuppressedAccepted = suppressedAccepted);

    /// <summary>Receipts are compared by what they say.</summary>
    public override bool Equals(object? obj) =>
        obj is RunCounts other && Received == other.Received && SuppressedAccepted == other.SuppressedAccepted && Named.SequenceEqual(other.Named);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Received, Settled);

    internal static string NameOf(Enum kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    private static void AddUp(long[] one, long[] other, long[] sum)
    {
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] = one[i] + other[i];
        }
    }

    private RunCounts With(Action<RunCounts> change)
    {
        var copy = Copy();
        change(copy);
        return copy;
    }
}

/// <summary>What a run counts beside the outcomes; the receipt explains each.</summary>
internal enum BesideOutcomes
{
    Undeleted,
    HeldGroups,
    NotAnAddress,
    PiiUserId,
    PiiAppVersion,
    PiiDeviceType,
    PiiLocale,
    NotHeld,
}

/// <summary>
/// What one writer took in and what became of it. Of lines of text, which no run receives and nobody deletes, these are
/// the only books. What was taken in and not written counts as returned: it stands in its queue or file still.
/// Thread-safe.
/// </summary>
internal sealed class WriterCounts
{
    private readonly Lock _lock = new();
    private readonly RunCounts _counts = new();

    public void Admit()
    {
        lock (_lock)
        {
            _counts.Receive();
        }
    }

    public void Settle(Outcome outcome, int count = 1)
    {
        lock (_lock)
        {
            _counts.Add(outcome, count);
        }
    }

    public void Settle(Outcome outcome, RowFacts row)
    {
        lock (_lock)
        {
            _counts.Add(outcome, row);
        }
    }

    public RunCounts Counts()
    {
        lock (_lock)
        {
            return _counts.Copy();
        }
    }
}

/// <summary>What is counted of a row beside its outcome.</summary>
/// <param name="HasNoAddress">Its ip is no address.</param>
/// <param name="Pii">What of it is personal data and not masked.</param>
/// <param name="SuppressionIsAccepted">Its writer takes suppressed rows for what they should be.</param>
internal readonly record struct RowFacts(bool HasNoAddress, PiiFields Pii, bool SuppressionIsAccepted);
