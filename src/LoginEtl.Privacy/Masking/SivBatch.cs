using System.Security.Cryptography;
using LoginEtl.Crypto;
using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>
/// The two halves of AES-SIV for many values a call: the block cipher's fixed cost per call is paid once a group and not
/// once a value. Values lie one after the other in <see cref="Plain"/>, padded to whole blocks. Not thread-safe.
/// </summary>
internal sealed class SivBatch : IDisposable
{
    private const int Block = Padding.BlockSize;
    private readonly Aes _macAes = Aes.Create();
    private readonly Aes _ctrAes = Aes.Create();
    private readonly ICryptoTransform _macBlocks;
    private readonly ICryptoTransform _ctrBlocks;
    private readonly byte[] _state = new byte[Block];
    private readonly byte[] _subkey = new byte[Block];
    private byte[] _cipherIn = [];
    private byte[] _cipherOut = [];

    /// <param name="key">64 bytes.</param>
    /// <param name="attribute">Whose associated data the values are bound to.</param>
    public SivBatch(ReadOnlySpan<byte> key, string attribute)
    {
        using var single = new AesSiv(key);
        single.AssociatedState([AssociatedData.Of(attribute)], _state);
        single.FirstSubkey(_subkey);
        _macBlocks = AesSiv.Encryptor(_macAes, key[..(key.Length / 2)]);
        _ctrBlocks = AesSiv.Encryptor(_ctrAes, key[(key.Length / 2)..]);
    }

    /// <summary>Padded plaintexts: value i from <see cref="Starts"/>[i] to <see cref="Starts"/>[i + 1].</summary>
    public byte[] Plain { get; private set; } = [];

    /// <summary>Places in <see cref="Plain"/>: one more than there are values.</summary>
    public int[] Starts { get; private set; } = [];

    /// <summary>V of value i, from <see cref="Authenticate"/>.</summary>
    public byte[] Vs { get; private set; } = [];

    /// <summary>From <see cref="Stream"/>, laid out as <see cref="Plain"/> is.</summary>
    public ReadOnlySpan<byte> KeyStream => _cipherOut;

    /// <summary>Room for so many values of the longest kind. What was there is gone.</summary>
    public void Reserve(int count)
    {
        if (Starts.Length > count)
        {
            return;
        }

        var longest = count * Padding.PaddedLength(Padding.MaxPlaintext);
        CryptographicOperations.ZeroMemory(Plain);
        Plain = GC.AllocateUninitializedArray<byte>(longest);
        _cipherIn = GC.AllocateUninitializedArray<byte>(longest);
        _cipherOut = GC.AllocateUninitializedArray<byte>(longest);
        Vs = GC.AllocateUninitializedArray<byte>(count * Block);
        Starts = new int[count + 1];
    }

    /// <summary>V of every value: CMAC in rounds, round k taking block k of every value that has one.</summary>
    public void Authenticate(int count)
    {
        Vs.AsSpan(0, count * Block).Clear();
        for (var round = 0; ; round++)
        {
            var taken = 0;
            for (var i = 0; i < count; i++)
            {
                var at = Starts[i] + (round * Block);
                if (at >= Starts[i + 1])
                {
                    continue;
                }

                var target = _cipherIn.AsSpan(taken * Block, Block);
                Vs.AsSpan(i * Block, Block).CopyTo(target);
                BlockMath.Xor(target, Plain.AsSpan(at));
                if (at + Block == Starts[i + 1])
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
                if (Starts[i] + (round * Block) < Starts[i + 1])
                {
                    _cipherOut.AsSpan(taken++ * Block, Block).CopyTo(Vs.AsSpan(i * Block));
                }
            }
        }
    }

    /// <summary>The key stream of every block of every value.</summary>
    /// <param name="count">Values.</param>
    /// <param name="vs">V of each, 16 bytes one after the other.</param>
    public void Stream(int count, ReadOnlySpan<byte> vs)
    {
        for (var i = 0; i < count; i++)
        {
            for (var at = Starts[i]; at < Starts[i + 1]; at += Block)
            {
                var counter = _cipherIn.AsSpan(at, Block);
                if (at == Starts[i])
                {
                    vs.Slice(i * Block, Block).CopyTo(counter);
                    BlockMath.ClearCounterBits(counter);
                }
                else
                {
                    _cipherIn.AsSpan(at - Block, Block).CopyTo(counter);
                    BlockMath.Increment(counter);
                }
            }
        }

        if (Starts[count] > 0)
        {
            _ctrBlocks.TransformBlock(_cipherIn, 0, Starts[count], _cipherOut, 0);
        }
    }

    /// <summary>Ciphertext and key stream together would give the plaintexts back.</summary>
    public void ClearKeyStream(int length) => CryptographicOperations.ZeroMemory(_cipherOut.AsSpan(0, length));

    public void Dispose()
    {
        _macBlocks.Dispose();
        _ctrBlocks.Dispose();
        _macAes.Dispose();
        _ctrAes.Dispose();
        CryptographicOperations.ZeroMemory(Plain);
        CryptographicOperations.ZeroMemory(_cipherIn);
        CryptographicOperations.ZeroMemory(_cipherOut);
        CryptographicOperations.ZeroMemory(_subkey);
        CryptographicOperations.ZeroMemory(_state);
    }
}
