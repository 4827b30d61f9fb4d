using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace LoginEtl.Tokens;

/// <summary>
/// The canonical text of an IPv6 address (RFC 5952, section 4): lower case, no leading zeros, the longest run of two
/// or more zero groups (the first of equals) as <c>::</c>. Our own, so that a token never depends on a platform's
/// formatter.
/// </summary>
internal static class Rfc5952
{
    private const int Groups = 8;

    public static string Format(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        var (start, length) = LongestZeroRun(bytes);
        var text = new StringBuilder(39);
        for (var i = 0; i < Groups; i++)
        {
            if (i == start)
            {
                text.Append("::");
                i += length - 1;
                continue;
            }

            if (i > 0 && i != start + length)
            {
                text.Append(':');
            }

            text.Append(CultureInfo.InvariantCulture, $"{Group(bytes, i):x}");
        }

        return text.ToString();
    }

    private static (int Start, int Length) LongestZeroRun(ReadOnlySpan<byte> bytes)
    {
        (int Start, int Length) best = (-Groups - 1, 1);
        for (var i = 0; i < Groups; i++)
        {
            var end = i;
            while (end < Groups && Group(bytes, end) == 0)
            {
                end++;
            }

            if (end - i > best.Length)
            {
                best = (i, end - i);
            }

            i = Math.Max(i, end - 1);
        }

        return best;
    }

    private static ushort Group(ReadOnlySpan<byte> bytes, int index) =>
        BinaryPrimitives.ReadUInt16BigEndian(bytes[(index * 2)..]);
}
