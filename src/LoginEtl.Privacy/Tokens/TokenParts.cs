using System.Diagnostics.CodeAnalysis;

namespace LoginEtl.Tokens;

/// <summary>A token of any kind, taken apart.</summary>
/// <param name="Kind">By its prefix.</param>
/// <param name="KeyId">The key it was made with, if it is genuine.</param>
/// <param name="Body">siv: V ‖ C; mac: the tag (32 bytes); pfx: the encrypted address (4 or 16 bytes).</param>
internal sealed record TokenParts(TokenKind Kind, uint KeyId, byte[] Body)
{
    /// <summary>A token that was stored; null for anything that is not one, plaintext above all.</summary>
    public static Token? Read(string text) => TryParse(text, out _) ? new Token(text) : null;

    /// <summary>False for anything that is no token.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TokenParts? parts)
    {
        parts = SivToken.TryParse(text, out var keyId, out var body) ? new TokenParts(TokenKind.Siv, keyId, body)
            : MacToken.TryParse(text, out keyId, out body) ? new TokenParts(TokenKind.Mac, keyId, body)
            : PfxToken.TryParse(text, out keyId, out body) ? new TokenParts(TokenKind.Pfx, keyId, body)
            : null;
        return parts is not null;
    }
}

/// <summary>What a token is made of, as its prefix says.</summary>
internal enum TokenKind
{
    /// <summary><c>siv1.</c></summary>
    Siv,

    /// <summary><c>mac1.</c>, of the methods mac and escrow.</summary>
    Mac,

    /// <summary><c>pfx1.</c></summary>
    Pfx,
}
