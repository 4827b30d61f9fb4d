using LoginEtl.Records;

namespace LoginEtl.Ports;

/// <summary>A message that is sent on as it came. Its text shows nothing of it.</summary>
/// <param name="body">As it came.</param>
/// <param name="attributes">Its sender's.</param>
/// <param name="origin">What it was first, as its attribute will say.</param>
/// <param name="group">Message group; null for queues that have none.</param>
/// <param name="deduplicationId">The same whenever this very message is sent on; for FIFO queues.</param>
public sealed class OutgoingMessage(string body, SenderAttributes attributes, string origin, string? group, string deduplicationId)
{
    /// <summary>What is sent. A method: serialisers leave it alone.</summary>
    public (string Body, SenderAttributes Attributes, string Origin, string? Group, string DeduplicationId) Read() =>
        (body, attributes, origin, group, deduplicationId);
}
