namespace LoginEtl.Moving;

/// <summary>How messages are moved.</summary>
public sealed record MoveOptions
{
    /// <summary>Most messages that are sent in a second; null for as many as it goes.</summary>
    public int? MaxMessagesPerSecond { get; init; }

    /// <summary>Sends and deletes nothing: all goes back.</summary>
    public bool DryRun { get; init; }

    /// <summary>Which are moved; null for all. The others are left.</summary>
    public Func<Records.IncomingLogin, bool>? Where { get; init; }

    /// <summary>Told of what was sent or settled, in a dry run of what would be; on a background thread. May be null.</summary>
    public Action<MovedBatch>? Moved { get; init; }
}

/// <summary>What became of some of the messages.</summary>
/// <param name="Moved">Sent.</param>
/// <param name="AlreadyWritten">Written before.</param>
/// <param name="AlreadyQuarantined">Quarantined before.</param>
public sealed record MovedBatch(int Moved, int AlreadyWritten, int AlreadyQuarantined);
