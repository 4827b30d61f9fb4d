using System.Buffers.Binary;
using System.Buffers.Text;
using LoginEtl.Keysets;

namespace LoginEtl.Masking;

/// <summary>What a token begins with, which names its method and its key.</summary>
public static class TokenPrefix
{
    /// <summary>Characters: five of the method and six of the key's id.</summary>
    public const int Length = 11;

    /// <summary>The prefix of a token; null when the text does not begin like one.</summary>
    public static string? Of(string? token) =>
        token?.Length > Length && token.StartsWith(SivToken.Prefix, StringComparison.Ordinal) ? token[..Length] : null;

    internal static string OfSiv(uint keyId)
    {
        Span<byte> header = stackalloc byte[SivToken.HeaderLength];
        header[0] = TinkTypes.OutputPrefix;
        BinaryPrimitives.WriteUInt32BigEndian(header[1..], keyId);
        return $"{SivToken.Prefix}{Base64Url.EncodeToString(header)}"[..Length];
    }
}
