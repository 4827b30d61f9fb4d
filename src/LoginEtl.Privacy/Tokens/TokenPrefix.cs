using System.Text;

namespace LoginEtl.Tokens;

/// <summary>What all tokens of a key begin with, and no token of another key of its keyset.</summary>
public static class TokenPrefix
{
    // Five of the method, and of the key's id six characters in base64url, or eight digits and a dot.
    private const int Method = 5;
    private const int OfBase64 = 11;
    private const int OfPfx = 14;

    // After Tink's version byte, in base64url with the first two bits of the id, there is no dot, blank or colon, as in addresses and names.
    private const char Version = 'A';
    private const string NotInBase64 = ". :";

    /// <summary>
    /// What the tokens of each method look like, as patterns of SQL's LIKE: one that fits and those that do not; and how many
    /// characters of them name the method and the key. The same as <see cref="Of(string)"/> of what is ASCII, and cheap over millions of rows.
    /// </summary>
    public static IReadOnlyList<(string Like, IReadOnlyList<string> Unlike, int Length)> Shapes { get; } =
    [
        .. new[] { SivToken.Prefix, MacToken.Prefix }.Select(p => (
            $"{p}{Version}{new string('_', OfBase64 - Method)}%", (IReadOnlyList<string>)[.. NotInBase64.Select(c => $"{p}%{c}%")], OfBase64)),
        ($"{PfxToken.Prefix}{new string('_', OfPfx - Method - 1)}._%", [.. Enumerable.Range(0, OfPfx - Method - 1).Select(i => $"{PfxToken.Prefix}{new string('_', i)}.%")], OfPfx),
    ];

    /// <summary>The prefix of a token; null when the text is none by its looks.</summary>
    public static string? Of(string? token)
    {
        if (token is null || !Ascii.IsValid(token))
        {
            return null;
        }

        if (token.StartsWith(PfxToken.Prefix, StringComparison.Ordinal))
        {
            return token.Length > OfPfx && token.IndexOf('.', Method) == OfPfx - 1 ? token[..OfPfx] : null;
        }

        return token.Length > OfBase64 && token[Method] == Version && token.AsSpan(Method).IndexOfAny(NotInBase64) < 0
            && (token.StartsWith(SivToken.Prefix, StringComparison.Ordinal) || token.StartsWith(MacToken.Prefix, StringComparison.Ordinal)) ? token[..OfBase64] : null;
    }

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
