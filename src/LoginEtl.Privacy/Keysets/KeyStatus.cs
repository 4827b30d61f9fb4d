namespace LoginEtl.Keysets;

/// <summary>Status of a key, by Tink's names.</summary>
public enum KeyStatus
{
    /// <summary>Masks (when primary) and recovers.</summary>
    Enabled,

    /// <summary>Kept, not used.</summary>
    Disabled,

    /// <summary>Its bytes are gone.</summary>
    Destroyed,
}
