namespace LoginEtl.Unit.Faults;

/// <summary>What becomes of a COMMIT whose sender is cut off.</summary>
public enum CommitCut
{
    /// <summary>The server never sees it.</summary>
    Lost,

    /// <summary>It takes place; its answer is lost.</summary>
    Arrives,

    /// <summary>It takes place after the sender has begun to try again.</summary>
    ArrivesLate,

    /// <summary>It takes place, and nobody can connect any more.</summary>
    ArrivesAndServerIsGone,

    /// <summary>Nothing is cut: from there on the wire is silent, for new connections too.</summary>
    Silence,
}
