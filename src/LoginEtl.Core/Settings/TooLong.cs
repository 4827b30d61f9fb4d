namespace LoginEtl.Settings;

/// <summary>What happens to a value longer than its column.</summary>
public enum TooLong
{
    /// <summary>The record goes to quarantine.</summary>
    Quarantine,

    /// <summary>The value is cut to the column's length.</summary>
    Truncate,
}
