using System.Text;

namespace LoginEtl.Decoding;

/// <summary>UTF-8 that also writes halves of surrogate pairs, as three bytes each (the WTF-8 encoding).</summary>
internal static class Wtf8
{
    public static byte[] GetBytes(ReadOnlySpan<char> text)
    {
        // Three bytes for a UTF-16 unit at most.
        var bytes = new byte[text.Length * 3];
        var length = 0;
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                length += rune.EncodeToUtf8(bytes.AsSpan(length));
            }
            else
            {
                var half = text[0];
                bytes[length++] = (byte)(0xE0 | (half >> 12));
                bytes[length++] = (byte)(0x80 | ((half >> 6) & 0x3F));
                bytes[length++] = (byte)(0x80 | (half & 0x3F));
                used = 1;
            }

            text = text[used..];
        }

        return bytes[..length];
    }
}
