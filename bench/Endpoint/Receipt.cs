using System.Buffers.Binary;
using System.Buffers.Text;

namespace LoginEtl.Bench.Endpoint;

/// <summary>
/// What a receipt handle says: which message, and by which of its receives. The handle itself is as long as those of
/// AWS and looks like them, because its length is most of what a delete sends.
/// </summary>
internal readonly record struct Receipt(long Message, int ReceiveCount)
{
    /// <summary>Characters of a handle: Base64 without padding.</summary>
    public const int HandleLength = 404;

    private const int Bytes = HandleLength / 4 * 3;
    private const int TextOfMeaning = 20;
    private const int Meaning = TextOfMeaning / 4 * 3;
    private static readonly byte[] Noise = MakeNoise();

    // The first four characters of AWS's handles, "AQEB".
    private static ReadOnlySpan<byte> Start => [1, 1, 1];

    /// <summary>Writes the handle as ASCII.</summary>
    public void WriteHandle(Span<byte> handle)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        Start.CopyTo(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes[3..], Message);
        BinaryPrimitives.WriteInt32BigEndian(bytes[11..], ReceiveCount);
        var from = (int)((ulong)HashCode.Combine(Message, ReceiveCount) % (ulong)(Noise.Length - Bytes));
        Noise.AsSpan(from, Bytes - Meaning).CopyTo(bytes[Meaning..]);
        Base64.EncodeToUtf8(bytes, handle, out _, out _);
    }

    /// <summary>Null for what is no handle of this endpoint.</summary>
    public static Receipt? Read(ReadOnlySpan<byte> handle)
    {
        Span<byte> bytes = stackalloc byte[Meaning];
        return handle.Length == HandleLength
            && Base64.DecodeFromUtf8(handle[..TextOfMeaning], bytes, out _, out _) == System.Buffers.OperationStatus.Done
            && bytes.StartsWith(Start)
                ? new Receipt(BinaryPrimitives.ReadInt64BigEndian(bytes[3..]), BinaryPrimitives.ReadInt32BigEndian(bytes[11..]))
                : null;
    }

    private static byte[] MakeNoise()
    {
        var noise = new byte[1 << 16];
        new Random(1).NextBytes(noise);
        return noise;
    }
}
