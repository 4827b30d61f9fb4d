namespace LoginEtl.Tokens;

/// <summary>
/// <c>mac1.</c> and base64url of 0x01 ‖ key id ‖ tag (32): behind the prefix byte for byte what Tink's MAC gives.
/// </summary>
internal static class MacToken
{
    public const string Prefix = "mac1.";

    /// <summary>Bytes of HMAC-SHA-256.</summary>
    public const int TagLength = 32;

    public static Token Create(uint keyId, ReadOnlySpan<byte> tag) => Base64Token.Create(Prefix, keyId, tag, []);

    /// <summary>Takes a token apart; false for anything that is not one.</summary>
    public static bool TryParse(string text, out uint keyId, out byte[] tag) =>
        Base64Token.TryParse(Prefix, text, out keyId, out tag) && tag.Length == TagLength;
}
