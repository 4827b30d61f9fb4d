namespace LoginEtl.Worker;

/// <summary>What the worker logs. Names and numbers stay: whoever filters goes by them.</summary>
internal enum WorkerEvent
{
    /// <summary>All is open; from here on it receives.</summary>
    RunStarted = 1,

    /// <summary>A batch stands.</summary>
    BatchWritten = 2,

    /// <summary>The counts, each minute.</summary>
    SoFar = 3,

    /// <summary>The queue or the database is away, and waited for.</summary>
    Waiting = 4,

    /// <summary>Somebody should look at it.</summary>
    Warned = 5,

    /// <summary>A message went to quarantine.</summary>
    Rejected = 6,

    /// <summary>The receipt.</summary>
    RunEnded = 7,

    /// <summary>Why it failed, and what to do.</summary>
    RunFailed = 8,
}
