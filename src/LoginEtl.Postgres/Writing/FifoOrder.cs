namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Puts the messages of each group of a FIFO queue into the order of their sequence numbers, whatever a pipeline has
/// made of it: on the places that the group has in the batch, and with ages that never go down within it.
/// </summary>
internal static class FifoOrder
{
    /// <summary>Sets <see cref="BatchItem.Rank"/> and <see cref="BatchItem.Age"/>; items come in the batch's order.</summary>
    public static void Apply(IReadOnlyList<BatchItem> items)
    {
        foreach (var group in items.Where(i => i.Group is not null).GroupBy(i => i.Group).Select(g => g.ToList()).Where(g => g.Count > 1))
        {
            Apply(group, [.. group.OrderBy(i => i.Sequence)]);
        }
    }

    // Newer is later in the group, and clocks of servers may differ: a message is as new as the newest before it.
    private static void Apply(List<BatchItem> places, List<BatchItem> ordered)
    {
        DateTimeOffset? newest = null;
        for (var i = 0; i < ordered.Count; i++)
        {
            var sent = ordered[i].Login.SentTimestamp;
            newest = newest > sent ? newest : sent ?? newest;
            ordered[i].Rank = places[i].Ordinal;
            ordered[i].Age = newest;
        }
    }
}
