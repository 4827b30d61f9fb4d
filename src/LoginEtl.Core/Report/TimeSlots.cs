namespace LoginEtl.Report;

/// <summary>What happened in one slot of time.</summary>
/// <param name="Settled">Messages that have an outcome.</param>
/// <param name="Commits">How long the transactions of its batches took.</param>
/// <param name="Ages">From sending to the end of the batch, of logins that were written.</param>
internal readonly record struct Slot(long Settled, Spread Commits, Spread Ages)
{
    /// <summary>Both together.</summary>
    public Slot Plus(Slot other) => new(Settled + other.Settled, Commits.Plus(other.Commits), Ages.Plus(other.Ages));
}

/// <summary>
/// A run of any length in a bounded number of slots of the same width: where it is full, two become one, each twice as wide.
/// Not thread-safe.
/// </summary>
/// <param name="most">So many slots; even.</param>
internal sealed class TimeSlots(int most)
{
    private readonly List<Slot> _slots = new(most);

    /// <summary>Of each.</summary>
    public TimeSpan Width { get; private set; } = TimeSpan.FromSeconds(1);

    /// <summary>From the first moment to the last at which something happened.</summary>
    public IReadOnlyList<Slot> Slots => _slots;

    /// <summary>Adds what happened.</summary>
    /// <param name="at">Since the first moment; at least zero.</param>
    /// <param name="what">What it was.</param>
    public void Add(TimeSpan at, Slot what)
    {
        while (at >= Width * most)
        {
            Widen();
        }

        var place = (int)(at / Width);
        while (_slots.Count <= place)
        {
            _slots.Add(default);
        }

        _slots[place] = _slots[place].Plus(what);
    }

    private void Widen()
    {
        Width *= 2;
        for (var i = 0; i < _slots.Count; i += 2)
        {
            _slots[i / 2] = i + 1 < _slots.Count ? _slots[i].Plus(_slots[i + 1]) : _slots[i];
        }

        _slots.RemoveRange((_slots.Count + 1) / 2, _slots.Count / 2);
    }
}
