using System.Text;

namespace LoginEtl.Tokens;

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
