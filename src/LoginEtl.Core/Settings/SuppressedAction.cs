namespace LoginEtl.Settings;

/// <summary>What rows mean that were sent and that the server did not take, without an error: a trigger kept them out, or routed them.</summary>
public enum SuppressedAction
{
    /// <summary>They count as rejects: a warning, exit code 2, and <c>-MaxRejectRatio</c>.</summary>
    Warn,

    /// <summary>The table is made so: they are counted, and nothing more.</summary>
    Accept,
}
