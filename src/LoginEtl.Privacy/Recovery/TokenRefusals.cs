namespace LoginEtl.Recovery;

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
}
