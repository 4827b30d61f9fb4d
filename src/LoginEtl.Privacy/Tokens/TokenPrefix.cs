namespace LoginEtl.Tokens;

/// <summary>What all tokens of a key begin with, and no token of another key of its keyset.</summary>
public static class TokenPrefix
{
    // Five of the method, and of the key's id six characters in base64url, or eight digits and a dot.
    private const int Method = 5;
    private const int OfBase64 = 11;
    private const int OfPfx = 14;

    /// <summary>What the tokens of each method begin with, and how many characters of them name the key as well.</summary>
    public static IReadOnlyList<(string Start, int Length)> Shapes { get; } =
        [(SivToken.Prefix, OfBase64), (MacToken.Prefix, OfBase64), (PfxToken.Prefix, OfPfx)];

    /// <summary>The prefix of a token; null when the text does not begin like one.</summary>
    public static string? Of(string? token) =>
        token is null ? null
        : token.StartsWith(PfxToken.Prefix, StringComparison.Ordinal) ? (token.Length > OfPfx && token[OfPfx - 1] == '.' ? token[..OfPfx] : null)
        : token.Length > OfBase64
            && (token.StartsWith(SivToken.Prefix, StringComparison.Ordinal) || token.StartsWith(MacToken.Prefix, StringComparison.Ordinal)) ? token[..OfBase64]
        : null;

    /// <summary>The method that a prefix names, as the database has it.</summary>
    public static string MethodOf(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return prefix[..prefix.IndexOf('1', StringComparison.Ordinal)];
    }

    /// <summary>Whether a text is what all tokens of some key of a kind begin with; as others may have written it, it may be anything.</summary>
    internal static bool IsOf(TokenKind kind, string text) =>
        text.Length == (kind == TokenKind.Pfx ? OfPfx : OfBase64) && text.StartsWith(Of(kind, 0)[..Method], StringComparison.Ordinal)
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    internal static string OfSiv(uint keyId) => Of(TokenKind.Siv, keyId);

    internal static string Of(TokenKind kind, uint keyId) => kind switch
    {
        TokenKind.Siv => Base64Token.KeyPrefix(SivToken.Prefix, keyId),
        TokenKind.Mac => Base64Token.KeyPrefix(MacToken.Prefix, keyId),
        _ => PfxToken.KeyPrefix(keyId),
    };
}
