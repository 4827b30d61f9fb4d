namespace LoginEtl.Recovery;

/// <summary>Why a token gives no plaintext.</summary>
public enum TokenRefusal
{
    /// <summary>It is not a token: cut short, damaged, or something else altogether.</summary>
    Malformed,

    /// <summary>The keyset does not hold the key it names: another keyset, or another attribute's token.</summary>
    UnknownKey,

    /// <summary>The key it names is disabled or destroyed.</summary>
    DisabledKey,

    /// <summary>The key is there, and the token was not made with it for this attribute: tampered with.</summary>
    NotAuthentic,

    /// <summary>Its method keeps nothing that could be recovered, unless the vault has its original.</summary>
    NotRecoverable,

    /// <summary>The vault was looked into, and has no original of it: erased, or never kept.</summary>
    NotInVault,

    /// <summary>The vault's original does not open with the private key: another key, another token's, or tampered with.</summary>
    OriginalUnopened,
}
