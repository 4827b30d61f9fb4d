using LoginEtl.Records;
using LoginEtl.Settlement;

namespace LoginEtl.Running;

/// <summary>
/// The groups of FIFO queues that are held. What was received of one when it was held goes back, in whatever batch it
/// comes; what comes afterwards comes in its order again, the bad message first unless it is out of the queue. Not
/// thread-safe.
/// </summary>
internal sealed class HeldGroups
{
    private readonly Dictionary<(DeliveryBook Book, string Group), long> _through = [];

    /// <summary>Holds the bad message's group.</summary>
    public void Hold(HeldGroup held)
    {
        if (held.Bad is { Book: { } book, Group: { } position })
        {
            _through[(book, position.MessageGroupId)] = book.Received;
            book.CountHeldGroup();
        }
    }

    /// <summary>Whether it goes back unwritten.</summary>
    public bool Holds(ProtectedLogin login)
    {
        if (_through.Count == 0 || login.GetDelivery() is not QueueDelivery { Book: { } book, Group: { } position } delivery
            || !_through.TryGetValue((book, position.MessageGroupId), out var through))
        {
            return false;
        }

        if (delivery.Admission <= through)
        {
            return true;
        }

        // The queue gives the group anew: all that was held of it is back.
        _through.Remove((book, position.MessageGroupId));
        return false;
    }
}
