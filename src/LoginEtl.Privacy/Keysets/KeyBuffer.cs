using System.Buffers;
using System.Security.Cryptography;

namespace LoginEtl.Keysets;

/// <summary>A buffer of fixed size for serialised keys: pinned, zeroed, and never grown, which would leave copies.</summary>
internal sealed class KeyBuffer(int capacity) : IBufferWriter<byte>, IDisposable
{
    private readonly byte[] _bytes = GC.AllocateArray<byte>(capacity, pinned: true);
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.AsMemory(_length);

    public Span<byte> GetSpan(int sizeHint = 0) => _bytes.AsSpan(_length);

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
}
