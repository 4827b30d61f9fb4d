using System.Security.Cryptography;
using System.Text;
using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Masking;

/// <summary>
/// Tokens of one attribute under its primary key, many values a call: the block cipher's fixed cost per call is paid
/// once a group and not once a value. Byte for byte what <see cref="AesSiv"/> gives. Not thread-safe.
/// </summary>
internal sealed class SivMasker : IDisposable
{
    /// <summary>
    /// Longest text in UTF-16 units whose canonical form is made: a longer one is too long for a token in any form, and
    /// normalising takes time by the square of a text of combining marks.
    /// </summary>
    internal const int LongestNormalised = Padding.MaxPlaintext * 2;

    private const int Block = Padding.BlockSize;
    private readonly uint _keyId;
    private readonly Func<string, string> _canonicalForm;
    private readonly Aes _macAes = Aes.Create();
    private readonly Aes _ctrAes = Aes.Create();
    private readonly ICryptoTransform _macBlocks;
    private readonly ICryptoTransform _ctrBlocks;
    private readonly byte[] _state = new byte[Block];
    private readonly byte[] _subkey = new byte[Block];
    private byte[] _plain = [];
    private byte[] _cipherIn = [];
    private byte[] _cipherOut = [];
    private byte[] _macs = [];
    private int[] _starts = [];

    public SivMasker(Keyset keyset, string attribute, Func<string, string> canonicalForm)
    {
        _keyId = keyset.Primary.Id;
        _canonicalForm = canonicalForm;
        using var key = KeyMaterial.ReadAesSiv(keyset, keyset.Primary);
        using var single = new AesSiv(key.Span);
        single.AssociatedState([AssociatedData.Of(attribute)], _state);
        single.FirstSubkey(_subkey);
        _macBlocks = AesSiv.Encryptor(_macAes, key.Span[..(key.Length / 2)]);
        _ctrBlocks = AesSiv.Encryptor(_ctrAes, key.Span[(key.Length / 2)..]);
    }

    /// <summary>Masks each value into the same place; false in <paramref name="fits"/> where it is too long to be one.</summary>
    public void Mask(ReadOnlySpan<Plaintext?> values, Span<Token?> tokens, Span<bool> fits)
    {
        var blocks = Gather(values, fits);
        Authenticate(values.Length);
        EncryptCounters(values.Length, blocks);
        for (var i = 0; i < values.Length; i++)
        {
            var (start, end) = (_starts[i], _starts[i + 1]);
            if (end == start)
            {
                tokens[i] = null;
                continue;
            }

            var c = _plain.AsSpan(start, end - start);
            for (var at = 0; at < c.Length; at += Block)
            {
                BlockMath.Xor(c[at..], _cipherOut.AsSpan(start + at));
            }

            tokens[i] = SivToken.Create(_keyId, _macs.AsSpan(i * Block, Block), c);
        }

        // What is left in the buffers is ciphertext and key stream; together they would give the plaintext back.
        CryptographicOperations.ZeroMemory(_cipherOut.AsSpan(0, blocks));
    }

    public void Dispose()
    {
        _macBlocks.Dispose();
        _ctrBlocks.Dispose();
        _macAes.Dispose();
        _ctrAes.Dispose();
        CryptographicOperations.ZeroMemory(_plain);
        CryptographicOperations.ZeroMemory(_cipherIn);
        CryptographicOperations.ZeroMemory(_cipherOut);
        CryptographicOperations.ZeroMemory(_subkey);
        CryptographicOperations.ZeroMemory(_state);
    }

    /// <summary>Writes all padded plaintexts one after the other and answers their total length in bytes.</summary>
    private int Gather(ReadOnlySpan<Plaintext?> values, Span<bool> fits)
    {
        EnsureCapacity(values.Length);
        var length = 0;
        for (var i = 0; i < values.Length; i++)
        {
            _starts[i] = length;
            fits[i] = true;
            if (values[i]?.Reveal() is not { } value)
            {
                continue;
            }

            var text = value.Length <= LongestNormalised ? _canonicalForm(value) : value;
            fits[i] = Encoding.UTF8.GetByteCount(text) <= Padding.MaxPlaintext;
            if (fits[i])
            {
                length += Padding.Write(text, _plain.AsSpan(length));
            }
        }

        _starts[values.Length] = length;
        return length;
    }

    /// <summary>V of every value: CMAC in rounds, round k taking block k of every value that has one.</summary>
    private void Authenticate(int count)
    {
        _macs.AsSpan(0, count * Block).Clear();
        for (var round = 0; ; round++)
        {
            var taken = 0;
            for (var i = 0; i < count; i++)
            {
                var at = _starts[i] + (round * Block);
                if (at >= _starts[i + 1])
                {
                    continue;
                }

                var target = _cipherIn.AsSpan(taken * Block, Block);
                _macs.AsSpan(i * Block, Block).CopyTo(target);
                BlockMath.Xor(target, _plain.AsSpan(at));
                if (at + Block == _starts[i + 1])
                {
                    BlockMath.Xor(target, _state);
                    BlockMath.Xor(target, _subkey);
                }

                taken++;
            }

            if (taken == 0)
            {
                return;
            }

            _macBlocks.TransformBlock(_cipherIn, 0, taken * Block, _cipherOut, 0);
            taken = 0;
            for (var i = 0; i < count; i++)
            {
                if (_starts[i] + (round * Block) < _starts[i + 1])
                {
                    _cipherOut.AsSpan(taken++ * Block, Block).CopyTo(_macs.AsSpan(i * Block));
                }
            }
        }
    }

    /// <summary>The key stream of every block of every value, laid out as the plaintexts are.</summary>
    private void EncryptCounters(int count, int length)
    {
        for (var i = 0; i < count; i++)
        {
            for (var at = _starts[i]; at < _starts[i + 1]; at += Block)
            {
                var counter = _cipherIn.AsSpan(at, Block);
                if (at == _starts[i])
                {
                    _macs.AsSpan(i * Block, Block).CopyTo(counter);
                    BlockMath.ClearCounterBits(counter);
                }
                else
                {
                    _cipherIn.AsSpan(at - Block, Block).CopyTo(counter);
                    BlockMath.Increment(counter);
                }
            }
        }

        if (length > 0)
        {
            _ctrBlocks.TransformBlock(_cipherIn, 0, length, _cipherOut, 0);
        }
    }

    private void EnsureCapacity(int count)
    {
        if (_starts.Length > count)
        {
            return;
        }

        var longest = count * Padding.PaddedLength(Padding.MaxPlaintext);
        CryptographicOperations.ZeroMemory(_plain);
        _plain = GC.AllocateUninitializedArray<byte>(longest);
        _cipherIn = GC.AllocateUninitializedArray<byte>(longest);
        _cipherOut = GC.AllocateUninitializedArray<byte>(longest);
        _macs = GC.AllocateUninitializedArray<byte>(count * Block);
        _starts = new int[count + 1];
    }
}
