using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace LoginEtl.Tokens;

/// <summary>
/// The form of siv and mac tokens: a prefix, and base64url without padding of 0x01 ‖ key id (4 bytes, big endian) ‖ body.
/// </summary>
internal static class Base64Token
{
    /// <summary>Bytes before the body: output prefix and key id.</summary>
    public const int HeaderLength = 5;

    // 36 bits: the output prefix, and 28 bits of the key id.
    private const int KeyCharacters = 6;

    /// <summary>What Tink puts before the key's id (output prefix TINK).</summary>
    public const byte OutputPrefix = 0x01;

    public static Token Create(string prefix, uint keyId, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, SealedOriginal? original = null)
    {
        Span<byte> raw = stackalloc byte[HeaderLength + first.Length + second.Length];
        WriteHeader(raw, keyId);
        first.CopyTo(raw[HeaderLength..]);
        second.CopyTo(raw[(HeaderLength + first.Length)..]);

        Span<char> text = stackalloc char[Token.MaxLength];
        prefix.CopyTo(text);
        Base64Url.TryEncodeToChars(raw, text[prefix.Length..], out var written);
        return new Token(new string(text[..(prefix.Length + written)]), original);
    }

    /// <summary>Takes a token apart; false for anything that is not one.</summary>
    public static bool TryParse(string prefix, string text, out uint keyId, out byte[] body)
    {
        keyId = 0;
        body = [];
        if (text.Length > Token.MaxLength || !text.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var raw = new byte[Token.MaxLength];
        if (Base64Url.DecodeFromChars(text.AsSpan(prefix.Length), raw, out _, out var length) != OperationStatus.Done
            || length < HeaderLength
            || raw[0] != OutputPrefix)
        {
            return false;
        }

        // Decoders pass over white space, padding and the spare bits of the last character: a value has one token only.
        if (Base64Url.EncodeToString(raw.AsSpan(0, length)) != text[prefix.Length..])
        {
            return false;
        }

        keyId = BinaryPrimitives.ReadUInt32BigEndian(raw.AsSpan(1));
        body = raw[HeaderLength..length];
        return true;
    }

    /// <summary>The prefix and six characters, which name the key.</summary>
    public static string KeyPrefix(string prefix, uint keyId)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        WriteHeader(header, keyId);
        return prefix + Base64Url.EncodeToString(header)[..KeyCharacters];
    }

    private static void WriteHeader(Span<byte> raw, uint keyId)
    {
        raw[0] = OutputPrefix;
        BinaryPrimitives.WriteUInt32BigEndian(raw[1..], keyId);
    }
}

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

/// <summary>
/// ISO/IEC 7816-4 padding: 0x80, then zeros to a multiple of 16. Without it a token's length would tell the length of
/// an address.
/// </summary>
internal static class Padding
{
    public const int BlockSize = 16;

    /// <summary>Longest plaintext in UTF-8 bytes whose token fits 256 characters.</summary>
    public const int MaxPlaintext = 159;

    public static int PaddedLength(int length) => (length / BlockSize * BlockSize) + BlockSize;

    /// <summary>Writes text and padding, and answers the padded length.</summary>
    public static int Write(string text, Span<byte> destination)
    {
        var length = Encoding.UTF8.GetBytes(text, destination);
        var padded = PaddedLength(length);
        destination[length] = 0x80;
        destination[(length + 1)..padded].Clear();
        return padded;
    }

    /// <summary>Length without padding; -1 when the padding is not one.</summary>
    public static int UnpaddedLength(ReadOnlySpan<byte> padded)
    {
        var last = padded.LastIndexOfAnyExcept((byte)0);
        return last >= 0 && padded[last] == 0x80 ? last : -1;
    }
}
