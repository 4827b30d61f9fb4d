namespace LoginEtl.Checks;

/// <summary>How a check before a run went.</summary>
public enum CheckOutcome
{
    /// <summary>As it should be.</summary>
    Pass,

    /// <summary>It runs, and something should be looked at.</summary>
    Warn,

    /// <summary>A run would fail, or break a promise.</summary>
    Fail,
}
