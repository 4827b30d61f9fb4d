using LoginEtl.Run;

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
        var groups = new Dictionary<(InFlightMessages?, string), List<BatchItem>>();
        foreach (var item in items)
        {
            if (item.Login.GetDelivery() is QueueDelivery { Group: { } position } delivery)
            {
                var key = (delivery.Book, position.MessageGroupId);
                (groups.TryGetValue(key, out var group) ? group : groups[key] = []).Add(item);
            }
        }

        foreach (var group in groups.Values.Where(g => g.Count > 1))
        {
            Apply(group, [.. group.OrderBy(i => ((QueueDelivery)i.Login.GetDelivery()).Group!.Sequence())]);
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
