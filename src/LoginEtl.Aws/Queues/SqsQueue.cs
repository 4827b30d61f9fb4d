using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Queues;

/// <summary>A queue that was found.</summary>
/// <param name="Client">Connected to <paramref name="Endpoint"/>. Whoever holds the queue disposes of it.</param>
/// <param name="Name">The queue's name.</param>
/// <param name="Url">Exactly as the server gave it: a name to be repeated, not a place to connect to.</param>
/// <param name="Endpoint">Where it is.</param>
/// <param name="IsFifo">Whether order and groups matter.</param>
/// <param name="Protocol">What <paramref name="Client"/> speaks: Json or Query.</param>
internal sealed record SqsQueue(
    ISqsClient Client, string Name, string Url, QueueEndpoint Endpoint, bool IsFifo, QueueProtocol Protocol)
{
    /// <summary>Explains failed calls to this queue.</summary>
    public QueueFaults Faults => new(Name, Endpoint);
}
