namespace LoginEtl.Masking;

/// <summary>What of an ip is masked. One address has one token only where all hosts choose the same.</summary>
public enum IpForm
{
    /// <summary>The canonical form of an address; anything else as it is.</summary>
    Strict,

    /// <summary>
    /// The first address of an X-Forwarded-For list, without port, brackets, zone and blanks, in its canonical form; what
    /// begins with no address as it is.
    /// </summary>
    Forwarded,
}
