using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>
/// The groups of FIFO queues that are held. What was received of one when it was held goes back, in whatever batch it
/// comes; what comes afterwards comes in its order again, the bad message first unless it is out of the queue. Not
/// thread-safe.
/// </summary>
internal sealed class HeldGroups
{
    // Groups that never come again are forgotten now and then: seldom enough that it costs next to nothing.
    private const int FewestToForget = 10_000;

    private readonly Dictionary<FifoGroup, (QueueDelivery Bad, long Through)> _held = [];
    private int _forgetAt = FewestToForget;

    /// <summary>Holds the bad message's group.</summary>
    public void Hold(HeldGroup held)
    {
        if (held.Bad is { Book: { } book, Group: { } position })
        {
            if (_held.Count >= _forgetAt)
            {
                foreach (var over in _held.Where(h => h.Value.Bad.IsSettled))
                {
                    _held.Remove(over.Key);
                }

                _forgetAt = Math.Max(FewestToForget, 2 * _held.Count);
            }

            _held[new FifoGroup(book, position.MessageGroupId)] = (held.Bad, book.Received);
            book.CountHeldGroup();
        }
    }

    /// <summary>Whether it goes back unwritten.</summary>
    public bool Holds(ProtectedLogin login)
    {
        if (_held.Count == 0 || FifoGroup.Of(login) is not { } group || !_held.TryGetValue(group, out var held))
        {
            return false;
        }

        // While the bad one is kept back, its lease may run out: the queue gives the group anew then, and of it only what
        // is behind the bad one is new to us.
        if (((QueueDelivery)login.GetDelivery()).Admission <= held.Through || !held.Bad.IsSettled)
        {
            return true;
        }

        // The queue gives the group anew, from the bad one on: all that was held of it is back.
        _held.Remove(group);
        return false;
    }
}

/// <summary>A group of a FIFO queue as one run receives it: its messages are written in their order, or go back together.</summary>
/// <param name="Book">The run's.</param>
/// <param name="MessageGroupId">The group's id in its queue.</param>
public readonly record struct FifoGroup(InFlightMessages? Book, string MessageGroupId)
{
    /// <summary>The group that a login's message is of; null for text and standard queues.</summary>
    public static FifoGroup? Of(ProtectedLogin login) =>
        login?.GetDelivery() is QueueDelivery { Group: { } position } delivery ? new FifoGroup(delivery.Book, position.MessageGroupId) : null;
}
