namespace LoginEtl.Decoding;

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
