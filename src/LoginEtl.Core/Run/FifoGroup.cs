using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>A group of a FIFO queue as one run receives it: its messages are written in their order, or go back together.</summary>
/// <param name="Book">The run's.</param>
/// <param name="MessageGroupId">The group's id in its queue.</param>
public readonly record struct FifoGroup(InFlightMessages? Book, string MessageGroupId)
{
    /// <summary>The group that a login's message is of; null for text and standard queues.</summary>
    public static FifoGroup? Of(ProtectedLogin login) =>
        login?.GetDelivery() is QueueDelivery { Group: { } position } delivery ? new FifoGroup(delivery.Book, position.MessageGroupId) : null;
}
