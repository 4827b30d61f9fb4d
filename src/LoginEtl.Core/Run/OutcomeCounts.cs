namespace LoginEtl.Run;

/// <summary>Deliveries by outcome. Not thread-safe.</summary>
public sealed class OutcomeCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<Outcome>().Length];

    /// <summary>Deliveries that ended so.</summary>
    public long this[Outcome outcome] => _counts[(int)outcome];

    /// <summary>All of them.</summary>
    public long Total => _counts.Sum();

    /// <summary>Rows whose ip is no address: a duplicate was counted when its row was written.</summary>
    internal long NotAnAddress { get; private set; }

    /// <summary>Their writer took suppressed rows for what they should be.</summary>
    internal bool SuppressedAccepted { get; private set; }

    /// <summary>Counts some more.</summary>
    public void Add(Outcome outcome, long count = 1) => _counts[(int)outcome] += count;

    /// <summary>Counts what became of a batch.</summary>
    public void Add(IReadOnlyList<Outcome> outcomes)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        foreach (var outcome in outcomes)
        {
            Add(outcome);
        }
    }

    internal void Add(Outcome outcome, RowFacts row)
    {
        Add(outcome);
        NotAnAddress += row.HasNoAddress && outcome is (Outcome.Written or Outcome.Updated) ? 1 : 0;
        SuppressedAccepted |= row.SuppressionIsAccepted;
    }

    internal void Add(OutcomeCounts other)
    {
        NotAnAddress += other.NotAnAddress;
        SuppressedAccepted |= other.SuppressedAccepted;
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }
}
