namespace LoginEtl.Settlement;

/// <summary>Deliveries by outcome. Not thread-safe.</summary>
public sealed class OutcomeCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<Outcome>().Length];

    /// <summary>Deliveries that ended so.</summary>
    public long this[Outcome outcome] => _counts[(int)outcome];

    /// <summary>All of them.</summary>
    public long Total => _counts.Sum();

    /// <summary>Counts some more.</summary>
    public void Add(Outcome outcome, long count = 1) => _counts[(int)outcome] += count;

    internal void Add(OutcomeCounts other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }
}
