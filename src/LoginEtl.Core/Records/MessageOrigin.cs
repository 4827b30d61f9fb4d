namespace LoginEtl.Records;

/// <summary>What a message that was moved from one queue to another was first.</summary>
/// <param name="Id">The MessageId that it was given when its producer sent it.</param>
/// <param name="SentTimestamp">When that was.</param>
public sealed record MessageOrigin(MessageId Id, DateTimeOffset SentTimestamp)
{
    /// <summary>The message attribute that carries it.</summary>
    public const string Attribute = "LoginEtlOrigin";
}

/// <summary>What a message says of its origin, by its attribute.</summary>
/// <param name="Text">As it came; anybody may have written it.</param>
/// <param name="IsFifo">It came from a FIFO queue.</param>
internal sealed record OriginClaim(string Text, bool IsFifo);
