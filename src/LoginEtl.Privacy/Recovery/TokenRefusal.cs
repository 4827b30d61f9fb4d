using LoginEtl.Faults;

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

/// <summary>The refusals in words.</summary>
public static class TokenRefusals
{
    /// <summary>What an operator should know; holds nothing of the token.</summary>
    public static string Text(this TokenRefusal refusal) => refusal switch
    {
        TokenRefusal.Malformed => "it is not a whole token",
        TokenRefusal.UnknownKey => "the keyset does not hold its key",
        TokenRefusal.DisabledKey => "its key is disabled",
        TokenRefusal.NotAuthentic => "it was not made with this key for this attribute",
        TokenRefusal.NotInVault => "the vault has no original of it",
        TokenRefusal.OriginalUnopened => "its original does not open with this private key",
        _ => "its method keeps nothing that could be recovered",
    };

    /// <summary>The error that it is told as.</summary>
    public static ErrorId Error(this TokenRefusal refusal) => refusal switch
    {
        TokenRefusal.Malformed => ErrorId.TokenMalformed,
        TokenRefusal.UnknownKey => ErrorId.TokenUnknownKey,
        TokenRefusal.DisabledKey => ErrorId.TokenDisabledKey,
        TokenRefusal.NotAuthentic => ErrorId.TokenNotAuthentic,
        TokenRefusal.NotInVault => ErrorId.TokenNotInVault,
        TokenRefusal.OriginalUnopened => ErrorId.TokenOriginalUnopened,
        _ => ErrorId.TokenNotRecoverable,
    };
}
