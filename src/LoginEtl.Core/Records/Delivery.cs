namespace LoginEtl.Records;

/// <summary>Where a message came from, and what is needed to settle it.</summary>
public abstract class Delivery
{
    private protected Delivery()
    {
    }

    /// <summary>The message's identity; null while a line of text has not met the key that makes its identity.</summary>
    public abstract MessageId? Id { get; }

    /// <summary>When the producer sent it (UTC); null where the source has no such time.</summary>
    public abstract DateTimeOffset? SentTimestamp { get; }

    /// <summary>How often it was delivered; 1 where the source does not count.</summary>
    public abstract int ReceiveCount { get; }

    /// <summary>Name of the queue it came from; null where it came from none, or nobody knows.</summary>
    public virtual string? Queue => null;

    /// <summary>What its sender says makes it the same message; null where nothing but its source does, or once it is keyed.</summary>
    internal SenderIdentity? SenderIdentity { get; set; }

    /// <summary>The same under the key; null where the source's id says it.</summary>
    internal KeyedIdentity? KeyedIdentity { get; private set; }

    /// <summary>What it says that it was first, before somebody with the key has looked at that.</summary>
    internal OriginClaim? OriginClaim { get; private protected set; }

    /// <summary>What it was first, where it was moved to its queue; null where it was not, or nobody has looked yet.</summary>
    public MessageOrigin? Origin { get; private set; }

    /// <summary>Whether it says so, and nobody who holds these keys has said it.</summary>
    internal bool IsOriginUnverified { get; private set; }

    /// <summary>Ends the claim.</summary>
    /// <param name="origin">Null where it is not true.</param>
    internal void Trace(MessageOrigin? origin) => (Origin, IsOriginUnverified, OriginClaim) = (origin, origin is null, null);

    /// <summary>Keeps the sender's identity under the key alone, once the key is at hand.</summary>
    internal void Identify(KeyedIdentity identity)
    {
        // In this order: another who protects the same message finds one of the two.
        KeyedIdentity = identity;
        SenderIdentity = null;
    }

    /// <summary>How messages and errors name it; free of personal data.</summary>
    public abstract override string ToString();
}

/// <summary>The identity of a message: what makes two deliveries the same message.</summary>
/// <param name="Value">The queue's MessageId, or for a line of text the uuid made from its keyed hash.</param>
public readonly record struct MessageId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}
