using System.Globalization;

namespace LoginEtl.Tokens;

/// <summary>
/// <c>pfx1.</c>, the key id in eight hexadecimal digits, a dot, and the encrypted address: IPv4 in dotted decimals, IPv6
/// as RFC 5952 writes it.
/// </summary>
internal static class PfxToken
{
    public const string Prefix = "pfx1.";

    private const int IdDigits = 8;

    public static Token Create(uint keyId, ReadOnlySpan<byte> address) => new($"{KeyPrefix(keyId)}{AddressText.Format(address)}");

    /// <summary>Takes a token apart; false for anything that is not one.</summary>
    public static bool TryParse(string text, out uint keyId, out byte[] address)
    {
        (keyId, address) = (0, []);
        if (text.Length > Token.MaxLength
            || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || text.Length <= Prefix.Length + IdDigits
            || !uint.TryParse(text.AsSpan(Prefix.Length, IdDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out keyId)
            || !text.StartsWith(KeyPrefix(keyId), StringComparison.Ordinal)
            || AddressText.Parse(text[KeyPrefix(keyId).Length..]) is not { } bytes)
        {
            return false;
        }

        address = bytes;
        return true;
    }

    /// <summary>What names the key: prefix, id and the dot.</summary>
    public static string KeyPrefix(uint keyId) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{keyId:x8}.");
}
