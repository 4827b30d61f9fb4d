namespace LoginEtl.Faults;

/// <summary>What kind of fault ended a run: hosts choose exit codes and error categories by it.</summary>
public enum FaultKind
{
    /// <summary>A setting is missing, malformed or contradicts another.</summary>
    Configuration,

    /// <summary>Credentials or rights were refused.</summary>
    Denied,

    /// <summary>A queue, table, file or key is not there.</summary>
    NotFound,

    /// <summary>A server cannot be reached, or stopped answering.</summary>
    Unreachable,

    /// <summary>A key cannot be read or used safely.</summary>
    Keys,

    /// <summary>The work itself failed.</summary>
    Failed,
}
