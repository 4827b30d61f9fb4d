namespace LoginEtl.Decoding;

/// <summary>How bodies are decoded.</summary>
public sealed record DecodeOptions
{
    /// <summary>Envelopes are taken off, and their ids say what is the same message.</summary>
    public static readonly DecodeOptions Default = new();

    /// <summary>Whether envelopes are taken off.</summary>
    public Envelope Envelope { get; init; }

    /// <summary>What makes two messages of a queue the same one.</summary>
    public IdentityFrom Identity { get; init; } = IdentityFrom.Envelope;
}

/// <summary>What is done about the envelopes that other services put around a login.</summary>
public enum Envelope
{
    /// <summary>
    /// A login is taken out of an SNS notification, an EventBridge event and a JSON string that holds an object, two layers
    /// at most. What has any of a login's own fields is a login, whatever else it looks like.
    /// </summary>
    Auto,

    /// <summary>Bodies are taken as they are.</summary>
    None,
}

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
