namespace LoginEtl.Run;

/// <summary>How a run ended as a whole.</summary>
public enum RunState
{
    /// <summary>It came to its end: drained, or its limit reached.</summary>
    Completed,

    /// <summary>It was asked to stop and stopped well.</summary>
    Stopped,

    /// <summary>An error ended it.</summary>
    Failed,
}
