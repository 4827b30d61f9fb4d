using System.Buffers.Binary;
using System.Buffers.Text;
using LoginEtl.Keysets;

namespace LoginEtl.Masking;

/// <summary>What a token begins with, which names its method and its key.</summary>
public static class TokenPrefix
{
    private const int Base64Length = 11;

    /// <summary>
    /// By method: what its tokens begin with, and how many characters of them name the key as well. Six of base64url carry
    /// the first 28 bits of the key's id; of pfx the id's eight digits and a dot.
    /// </summary>
    public static readonly IReadOnlyList<(string Method, string Start, int Length)> Shapes =
        [("siv", SivToken.Prefix, Base64Length), ("mac", "mac1.", Base64Length), ("pfx", "pfx1.", 14)];

    /// <summary>The prefix of a token; null when the text does not begin like one.</summary>
    public static string? Of(string? token)
    {
        foreach (var (_, start, length) in Shapes)
        {
            if (token?.Length > length && token.StartsWith(start, StringComparison.Ordinal))
            {
                return token[..length];
            }
        }

        return null;
    }

    internal static string OfSiv(uint keyId)
    {
        Span<byte> header = stackalloc byte[SivToken.HeaderLength];
        header[0] = TinkTypes.OutputPrefix;
        BinaryPrimitives.WriteUInt32BigEndian(header[1..], keyId);
        return $"{SivToken.Prefix}{Base64Url.EncodeToString(header)}"[..Base64Length];
    }
}
