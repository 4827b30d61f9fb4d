namespace LoginEtl.Decoding;

/// <summary>What makes two messages of a queue the same one.</summary>
public enum IdentitySource
{
    /// <summary>The id of the envelope that was taken off; where there was none, the queue's MessageId.</summary>
    Envelope,

    /// <summary>The queue's MessageId.</summary>
    MessageId,

    /// <summary>A message attribute, of type String or Number.</summary>
    Attribute,

    /// <summary>A field of the login, a string or a number.</summary>
    Field,
}
