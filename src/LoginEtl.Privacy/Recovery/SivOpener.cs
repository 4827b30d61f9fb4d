using System.Security.Cryptography;
using System.Text;
using LoginEtl.Crypto;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Tokens;

namespace LoginEtl.Recovery;

/// <summary>Opens siv tokens of one attribute and one key, many a call. Not thread-safe.</summary>
internal sealed class SivOpener : IDisposable
{
    private const int Block = Padding.BlockSize;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly SivBatch _group;
    private byte[] _vs = [];

    public SivOpener(Keyset keyset, KeysetKey key, string attribute)
    {
        using var bytes = KeyMaterial.ReadAesSiv(keyset, key);
        _group = new SivBatch(bytes.Span, attribute);
    }

    /// <summary>The plaintexts; null where V ‖ C was not made with this key and attribute.</summary>
    public string?[] Open(IReadOnlyList<byte[]> sivs)
    {
        var plaintexts = new string?[sivs.Count];
        var length = Gather(sivs);
        _group.Stream(sivs.Count, _vs);
        for (var at = 0; at < length; at += Block)
        {
            BlockMath.Xor(_group.Plain.AsSpan(at), _group.KeyStream[at..]);
        }

        _group.Authenticate(sivs.Count);
        for (var i = 0; i < sivs.Count; i++)
        {
            if (CryptographicOperations.FixedTimeEquals(_group.Vs.AsSpan(i * Block, Block), _vs.AsSpan(i * Block, Block)))
            {
                plaintexts[i] = Text(_group.Plain.AsSpan(_group.Starts[i].._group.Starts[i + 1]));
            }
        }

        CryptographicOperations.ZeroMemory(_group.Plain.AsSpan(0, length));
        _group.ClearKeyStream(length);
        return plaintexts;
    }

    public void Dispose() => _group.Dispose();

    private int Gather(IReadOnlyList<byte[]> sivs)
    {
        _group.Reserve(sivs.Count);
        if (_vs.Length < sivs.Count * Block)
        {
            _vs = new byte[sivs.Count * Block];
        }

        var length = 0;
        for (var i = 0; i < sivs.Count; i++)
        {
            _group.Starts[i] = length;
            sivs[i].AsSpan(0, Block).CopyTo(_vs.AsSpan(i * Block));
            var c = sivs[i].AsSpan(Block);
            c.CopyTo(_group.Plain.AsSpan(length));
            length += c.Length;
        }

        _group.Starts[sivs.Count] = length;
        return length;
    }

    // What authenticates was written by whoever has the key; that it is padded text as we write it is checked all the same.
    private static string? Text(ReadOnlySpan<byte> padded)
    {
        try
        {
            return Padding.UnpaddedLength(padded) is >= 0 and var length ? Strict.GetString(padded[..length]) : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
