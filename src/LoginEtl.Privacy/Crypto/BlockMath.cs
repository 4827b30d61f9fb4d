using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LoginEtl.Crypto;

/// <summary>Arithmetic on 16-byte blocks for S2V, CMAC and CTR (RFC 5297, sections 2.3 to 2.6).</summary>
internal static class BlockMath
{
    // x¹²⁸ = x⁷ + x² + x + 1
    private const byte Polynomial = 0x87;

    /// <summary>dbl: multiplication by x in GF(2¹²⁸).</summary>
    public static void Double(Span<byte> block)
    {
        var value = BinaryPrimitives.ReadUInt128BigEndian(block);
        var carry = (value >> 127) != 0;
        value <<= 1;
        BinaryPrimitives.WriteUInt128BigEndian(block, carry ? value ^ Polynomial : value);
    }

    public static void Xor(Span<byte> target, ReadOnlySpan<byte> other)
    {
        var a = MemoryMarshal.Cast<byte, ulong>(target[..16]);
        var b = MemoryMarshal.Cast<byte, ulong>(other[..16]);
        a[0] ^= b[0];
        a[1] ^= b[1];
    }

    /// <summary>Q = V with bits 31 and 63 cleared, so that counters can be added in 32- or 64-bit words.</summary>
    public static void ClearCounterBits(Span<byte> counter)
    {
        counter[8] &= 0x7F;
        counter[12] &= 0x7F;
    }

    public static void Increment(Span<byte> counter) =>
        BinaryPrimitives.WriteUInt128BigEndian(counter, BinaryPrimitives.ReadUInt128BigEndian(counter) + 1);
}
