using System.Diagnostics.CodeAnalysis;

namespace LoginEtl.Ports;

/// <summary>A queue as it is now. SQS's counts are approximate; what it did not say is null.</summary>
/// <param name="Name">Its name.</param>
/// <param name="QueueUrl">Its URL, which every cmdlet takes for its name.</param>
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "It is a queue, of messages.")]
public sealed record LoginQueue(string Name, string QueueUrl)
{
    /// <summary>Messages that wait to be received.</summary>
    public long? Visible { get; init; }

    /// <summary>Messages that somebody has received and not deleted.</summary>
    public long? InFlight { get; init; }

    /// <summary>Messages that are not ready yet.</summary>
    public long? Delayed { get; init; }

    /// <summary>Name of the queue that takes what was received too often; null where there is none.</summary>
    public string? DeadLetterQueue { get; init; }

    /// <summary>URL of that queue; null where there is none. The two are always of one account and region.</summary>
    public string? DeadLetterQueueUrl => DeadLetterQueue is null ? null : QueueUrl[..(QueueUrl.LastIndexOf('/') + 1)] + DeadLetterQueue;

    /// <summary>Messages that wait in it; null where these credentials may not look.</summary>
    public long? DeadLetters { get; init; }

    /// <summary>After how many receives a message goes there.</summary>
    public int? MaxReceiveCount { get; init; }

    /// <summary>How long a received message stays invisible.</summary>
    public TimeSpan? VisibilityTimeout { get; init; }

    /// <summary>How long a message is kept.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Whether order and groups matter.</summary>
    public bool IsFifo => Name.EndsWith(".fifo", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
