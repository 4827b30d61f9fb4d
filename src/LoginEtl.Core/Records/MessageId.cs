namespace LoginEtl.Records;

/// <summary>The identity of a message: what makes two deliveries the same message.</summary>
/// <param name="Value">The queue's MessageId, or for a line of text the uuid made from its keyed hash.</param>
public readonly record struct MessageId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}
