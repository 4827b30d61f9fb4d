using System.Security.Cryptography;

namespace LoginEtl.Keysets;

/// <summary>Key material: pinned, so that the collector leaves no copies behind, and zeroed when done.</summary>
internal sealed class KeyBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    public KeyBytes(int length) => _bytes = GC.AllocateArray<byte>(length, pinned: true);

    public static KeyBytes CopyOf(ReadOnlySpan<byte> source)
    {
        var key = new KeyBytes(source.Length);
        source.CopyTo(key._bytes);
        return key;
    }

    public static KeyBytes Random(int length)
    {
        var key = new KeyBytes(length);
        RandomNumberGenerator.Fill(key._bytes);
        return key;
    }

    public int Length => _bytes.Length;

    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    public ReadOnlyMemory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }
}
