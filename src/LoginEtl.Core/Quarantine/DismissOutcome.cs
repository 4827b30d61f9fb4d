namespace LoginEtl.Quarantine;

/// <summary>What became of an entry that was to be dismissed.</summary>
public enum DismissOutcome
{
    /// <summary>Nobody's login: what it held is gone, and who, when and why stand in its place.</summary>
    Dismissed,

    /// <summary>It was dismissed before; who, when and why of then stand.</summary>
    AlreadyDismissed,

    /// <summary>It is a row: there is nothing to dismiss.</summary>
    AlreadyRestored,

    /// <summary>The entry is no longer in the quarantine table.</summary>
    Missing,
}
