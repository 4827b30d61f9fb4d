namespace LoginEtl.Settings;

/// <summary>What happens to a value longer than its column.</summary>
public enum TooLongAction
{
    /// <summary>The record goes to quarantine.</summary>
    Quarantine,

    /// <summary>The value is cut to the column's length.</summary>
    Truncate,
}
