namespace LoginEtl.Rotation;

/// <summary>Whether a table's rows were looked at for whose keys they are under, before a change of keys.</summary>
public enum KeyLook
{
    /// <summary>The database knows keys of the attribute, and says so itself.</summary>
    NotNeeded,

    /// <summary>They were, and the keyset fits.</summary>
    Taken,

    /// <summary>Whoever makes the change says which key is meant.</summary>
    Waived,
}
