using LoginEtl.Run;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Under <c>HoldGroup</c>: the bad messages of a batch and those after them in their groups, none of which is written or
/// quarantined. What is known of it stays known over the tries of the batch.
/// </summary>
internal sealed class GroupHold
{
    private readonly Dictionary<FifoGroup, (BatchItem Bad, Refusal Why)> _first = [];
    private readonly Dictionary<BatchItem, Refusal> _refusals = [];

    /// <summary>Whether the table took rows in some try, be they held in a later one.</summary>
    public bool TableTakesRows { get; set; }

    /// <summary>A bad message. False when its group is held from there on, or is none.</summary>
    public bool Add(BatchItem bad, Refusal why)
    {
        if (bad.Group is not { } group)
        {
            return false;
        }

        // Kept of every one of them: behind an earlier one it is held and not tried again.
        _refusals[bad] = why;
        if (Holds(bad))
        {
            return false;
        }

        _first[group] = (bad, why);
        return true;
    }

    /// <summary>Bad messages. False when none of them holds anything that was not held before.</summary>
    public bool AddAll(IEnumerable<KeyValuePair<BatchItem, Refusal>> bad)
    {
        var more = false;
        foreach (var (item, why) in bad)
        {
            more |= Add(item, why);
        }

        return more;
    }

    /// <summary>Whether it is a bad message or comes after one in its group.</summary>
    public bool Holds(BatchItem item) =>
        item.Group is { } group && _first.TryGetValue(group, out var first) && (item.Sequence, item.Ordinal).CompareTo((first.Bad.Sequence, first.Bad.Ordinal)) >= 0;

    /// <summary>Why a message was refused; null when it was not, or has no group.</summary>
    public Refusal? WhyOf(BatchItem item) => _refusals.GetValueOrDefault(item);

    /// <summary>The groups of these messages.</summary>
    public IReadOnlyList<HeldGroup> Groups(IEnumerable<BatchItem> held) =>
        [.. held.GroupBy(i => i.Group!.Value).Select(g =>
            new HeldGroup((QueueDelivery)_first[g.Key].Bad.Login.GetDelivery(), _first[g.Key].Why.ToString(), g.Count()))];
}
