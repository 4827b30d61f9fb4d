namespace LoginEtl.Keysets;

/// <summary>One key of a keyset.</summary>
/// <param name="Id">Key id, as in every token made with it.</param>
/// <param name="Status">Tink's status.</param>
/// <param name="Material">Serialised key proto of the keyset's type; empty when destroyed.</param>
internal sealed record KeysetKey(uint Id, KeyStatus Status, KeyBytes Material)
{
    public override string ToString() => $"key {Id} ({Status})";
}

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
