using System.Security.Cryptography;
using LoginEtl.Masking;

namespace LoginEtl.Crypto;

/// <summary>
/// AES-SIV as RFC 5297 defines it, one value at a time: output is V (16 bytes) ‖ C. The first half of the key is
/// S2V's CMAC key, the second the CTR key. Not thread-safe. For many values at once see <see cref="SivMasker"/>.
/// </summary>
internal sealed class AesSiv : IDisposable
{
    private const int Block = 16;
    private readonly Aes _mac = Aes.Create();
    private readonly Aes _ctr = Aes.Create();
    private readonly ICryptoTransform _macBlocks;
    private readonly ICryptoTransform _ctrBlocks;
    private readonly byte[] _in = new byte[Block];
    private readonly byte[] _out = new byte[Block];

    /// <param name="key">32, 48 or 64 bytes: two AES keys.</param>
    public AesSiv(ReadOnlySpan<byte> key)
    {
        _macBlocks = Encryptor(_mac, key[..(key.Length / 2)]);
        _ctrBlocks = Encryptor(_ctr, key[(key.Length / 2)..]);
    }

    /// <summary>V ‖ C of <paramref name="plaintext"/>, bound to the associated data in their order.</summary>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext, params ReadOnlySpan<byte[]> associatedData)
    {
        var output = new byte[Block + plaintext.Length];
        S2V(plaintext, associatedData, output);
        Ctr(output.AsSpan(0, Block), plaintext, output.AsSpan(Block));
        return output;
    }

    /// <summary>The plaintext; null when the input was not made with this key and associated data.</summary>
    public byte[]? Decrypt(ReadOnlySpan<byte> ciphertext, params ReadOnlySpan<byte[]> associatedData)
    {
        if (ciphertext.Length < Block)
        {
            return null;
        }

        var plaintext = new byte[ciphertext.Length - Block];
        Ctr(ciphertext[..Block], ciphertext[Block..], plaintext);
        Span<byte> expected = stackalloc byte[Block];
        S2V(plaintext, associatedData, expected);
        if (CryptographicOperations.FixedTimeEquals(expected, ciphertext[..Block]))
        {
            return plaintext;
        }

        CryptographicOperations.ZeroMemory(plaintext);
        return null;
    }

    /// <summary>S2V's state after the associated data, with which a last string of 16 bytes or more begins.</summary>
    public void AssociatedState(ReadOnlySpan<byte[]> associatedData, Span<byte> state)
    {
        Span<byte> mac = stackalloc byte[Block];
        Cmac(new byte[Block], state);
        foreach (var ad in associatedData)
        {
            BlockMath.Double(state);
            Cmac(ad, mac);
            BlockMath.Xor(state, mac);
        }
    }

    /// <summary>CMAC's first subkey, xored into a last block that is complete.</summary>
    public void FirstSubkey(Span<byte> subkey)
    {
        subkey.Clear();
        EncryptBlock(_macBlocks, subkey);
        BlockMath.Double(subkey);
    }

    public void Dispose()
    {
        _macBlocks.Dispose();
        _ctrBlocks.Dispose();
        _mac.Dispose();
        _ctr.Dispose();
        CryptographicOperations.ZeroMemory(_in);
        CryptographicOperations.ZeroMemory(_out);
    }

    /// <summary>An ECB encryptor: the block cipher that CMAC and CTR are made of.</summary>
    internal static ICryptoTransform Encryptor(Aes aes, ReadOnlySpan<byte> key)
    {
        aes.Mode = CipherMode.ECB;
        aes.Padding = PaddingMode.None;
        aes.SetKey(key);
        return aes.CreateEncryptor();
    }

    private void S2V(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte[]> associatedData, Span<byte> v)
    {
        Span<byte> state = stackalloc byte[Block];
        AssociatedState(associatedData, state);
        if (plaintext.Length >= Block)
        {
            var last = plaintext.ToArray();
            BlockMath.Xor(last.AsSpan(last.Length - Block), state);
            Cmac(last, v[..Block]);
            CryptographicOperations.ZeroMemory(last);
            return;
        }

        BlockMath.Double(state);
        for (var i = 0; i < plaintext.Length; i++)
        {
            state[i] ^= plaintext[i];
        }

        state[plaintext.Length] ^= 0x80;
        Cmac(state.ToArray(), v[..Block]);
    }

    private void Cmac(ReadOnlySpan<byte> message, Span<byte> mac)
    {
        Span<byte> subkey = stackalloc byte[Block];
        FirstSubkey(subkey);
        mac.Clear();
        while (message.Length > Block)
        {
            BlockMath.Xor(mac, message[..Block]);
            EncryptBlock(_macBlocks, mac);
            message = message[Block..];
        }

        for (var i = 0; i < message.Length; i++)
        {
            mac[i] ^= message[i];
        }

        if (message.Length < Block)
        {
            mac[message.Length] ^= 0x80;
            BlockMath.Double(subkey);
        }

        BlockMath.Xor(mac, subkey);
        EncryptBlock(_macBlocks, mac);
    }

    private void Ctr(ReadOnlySpan<byte> v, ReadOnlySpan<byte> input, Span<byte> output)
    {
        Span<byte> counter = stackalloc byte[Block];
        Span<byte> pad = stackalloc byte[Block];
        v.CopyTo(counter);
        BlockMath.ClearCounterBits(counter);
        for (var offset = 0; offset < input.Length; offset += Block)
        {
            counter.CopyTo(pad);
            EncryptBlock(_ctrBlocks, pad);
            for (var i = 0; i < Block && offset + i < input.Length; i++)
            {
                output[offset + i] = (byte)(input[offset + i] ^ pad[i]);
            }

            BlockMath.Increment(counter);
        }
    }

    private void EncryptBlock(ICryptoTransform cipher, Span<byte> block)
    {
        block.CopyTo(_in);
        cipher.TransformBlock(_in, 0, Block, _out, 0);
        _out.CopyTo(block);
    }
}
