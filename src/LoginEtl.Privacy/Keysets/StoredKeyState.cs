namespace LoginEtl.Keysets;

/// <summary>What the database knows of a key: writers go by it, whatever their key files say.</summary>
public enum StoredKeyState
{
    /// <summary>New tokens are made with it.</summary>
    Primary,

    /// <summary>Opens what is there, and no row may be written under it: not any more, or not yet.</summary>
    Retired,

    /// <summary>Neither writes nor opens.</summary>
    Disabled,

    /// <summary>Gone; no row carries its prefix.</summary>
    Removed,
}
