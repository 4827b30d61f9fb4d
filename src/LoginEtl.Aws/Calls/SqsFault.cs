namespace LoginEtl.Aws.Calls;

/// <summary>What kind of failure a call met.</summary>
internal enum SqsFault
{
    /// <summary>No connection, no answer in time, or a server's own failure. Worth another try.</summary>
    Unavailable,

    /// <summary>Too many requests, or too many messages in flight. Worth another try, later.</summary>
    Throttled,

    /// <summary>An answer that is not SQS's: HTML, cut short, without what it must have. Worth another try.</summary>
    Garbled,

    /// <summary>The queue is not there.</summary>
    NotFound,

    /// <summary>Credentials, signature or rights.</summary>
    Denied,

    /// <summary>The server does not speak this protocol.</summary>
    OtherProtocol,

    /// <summary>There was no memory for the answer.</summary>
    OutOfMemory,

    /// <summary>The request itself was refused.</summary>
    Refused,
}
