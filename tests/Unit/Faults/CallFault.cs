namespace LoginEtl.Unit.Faults;

/// <summary>What becomes of a call to the queue.</summary>
internal enum CallFault
{
    /// <summary>The connection breaks before the server has the call.</summary>
    CutBefore,

    /// <summary>The server does it; the connection breaks before the answer.</summary>
    CutAfter,

    /// <summary>The server does it; the connection breaks in the middle of the answer.</summary>
    Truncated,

    /// <summary>The server does it, later.</summary>
    Delayed,

    /// <summary>HTTP 500; it is not done.</summary>
    InternalError,

    /// <summary>HTTP 500; it is done.</summary>
    InternalErrorAfter,

    /// <summary>HTTP 503; it is not done.</summary>
    Unavailable,

    /// <summary>Refused for too many requests.</summary>
    Throttled,

    /// <summary>Of a batch, every second entry fails and is not done.</summary>
    EntriesFailed,

    /// <summary>Of a batch, every second entry is said to have failed, and is done.</summary>
    EntriesFailedAfter,

    /// <summary>Of a batch, every second receipt handle is refused as expired.</summary>
    ReceiptsExpired,

    /// <summary>A batch is answered as if it was done, and is not.</summary>
    Pretended,

    /// <summary>Of a receive: the leases of what it brings run out at once.</summary>
    LeasesOver,

    /// <summary>Of a receive: every message is in the answer twice.</summary>
    Doubled,
}
