namespace LoginEtl.Tokens;

/// <summary>
/// <c>siv1.</c> and base64url of 0x01 ‖ key id ‖ V (16) ‖ C. Behind the prefix it is byte for byte what Tink's
/// Deterministic AEAD gives.
/// </summary>
internal static class SivToken
{
    public const string Prefix = "siv1.";

    public static Token Create(uint keyId, ReadOnlySpan<byte> v, ReadOnlySpan<byte> c) => Base64Token.Create(Prefix, keyId, v, c);

    /// <summary>Takes a token apart; false for anything that is not one.</summary>
    public static bool TryParse(string text, out uint keyId, out byte[] siv) =>
        Base64Token.TryParse(Prefix, text, out keyId, out siv)
        && siv.Length >= 2 * Padding.BlockSize && siv.Length % Padding.BlockSize == 0;
}
