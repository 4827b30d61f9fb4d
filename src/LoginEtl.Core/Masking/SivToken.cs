using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Masking;

/// <summary>
/// The grammar of tokens: <c>siv1.</c> and base64url without padding of 0x01 ‖ key id (4 bytes, big endian) ‖ V (16)
/// ‖ C. Behind the prefix it is byte for byte what Tink's Deterministic AEAD gives.
/// </summary>
internal static class SivToken
{
    public const string Prefix = "siv1.";

    /// <summary>Bytes before V: output prefix and key id.</summary>
    public const int HeaderLength = 5;

    public static Token Create(uint keyId, ReadOnlySpan<byte> v, ReadOnlySpan<byte> c)
    {
        Span<byte> raw = stackalloc byte[HeaderLength + v.Length + c.Length];
        raw[0] = TinkTypes.OutputPrefix;
        BinaryPrimitives.WriteUInt32BigEndian(raw[1..], keyId);
        v.CopyTo(raw[HeaderLength..]);
        c.CopyTo(raw[(HeaderLength + v.Length)..]);

        Span<char> text = stackalloc char[Token.MaxLength];
        Prefix.CopyTo(text);
        Base64Url.TryEncodeToChars(raw, text[Prefix.Length..], out var written);
        return new Token(new string(text[..(Prefix.Length + written)]));
    }

    /// <summary>A token that was stored; null for anything that is not one, plaintext above all.</summary>
    public static Token? Read(string text) => TryParse(text, out _, out _) ? new Token(text) : null;

    /// <summary>Takes a token apart; false for anything that is not one.</summary>
    public static bool TryParse(string text, out uint keyId, out byte[] siv)
    {
        keyId = 0;
        siv = [];
        if (text.Length > Token.MaxLength || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var raw = new byte[Token.MaxLength];
        if (Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length), raw, out _, out var length) != OperationStatus.Done
            || length < HeaderLength + (2 * Padding.BlockSize)
            || (length - HeaderLength) % Padding.BlockSize != 0
            || raw[0] != TinkTypes.OutputPrefix)
        {
            return false;
        }

        // Decoders pass over white space, padding and the spare bits of the last character: a value has one token only.
        if (Base64Url.EncodeToString(raw.AsSpan(0, length)) != text[Prefix.Length..])
        {
            return false;
        }

        keyId = BinaryPrimitives.ReadUInt32BigEndian(raw.AsSpan(1));
        siv = raw[HeaderLength..length];
        return true;
    }
}
