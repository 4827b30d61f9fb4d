using System.Security.Cryptography;

namespace LoginEtl.Crypto;

/// <summary>
/// ipcrypt-pfx (draft-denis-ipcrypt): addresses that share their first n bits share them encrypted too. Each bit is
/// flipped by one bit of AES-128 under K1 xor AES-128 under K2 of the padded prefix before it. Not thread-safe.
/// </summary>
internal sealed class IpcryptPfx : IDisposable
{
    /// <summary>Bytes: K1 ‖ K2.</summary>
    public const int KeyLength = 32;

    private const int Block = 16;
    private const int Bits = 128;

    // An address of 128 bits takes 128 blocks: 32 kB a buffer, which stays in the cache and out of the large object heap.
    private const int AddressesACall = 16;

    private readonly Aes _aes1 = Aes.Create();
    private readonly Aes _aes2 = Aes.Create();
    private readonly ICryptoTransform _cipher1;
    private readonly ICryptoTransform _cipher2;
    private byte[] _prefixes = [];
    private byte[] _out1 = [];
    private byte[] _out2 = [];

    /// <exception cref="ArgumentException">Not 32 bytes, or two equal halves, which would leave addresses in clear.</exception>
    public IpcryptPfx(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyLength || CryptographicOperations.FixedTimeEquals(key[..Block], key[Block..]))
        {
            throw new ArgumentException("Not a key of ipcrypt-pfx.", nameof(key));
        }

        _cipher1 = AesSiv.Encryptor(_aes1, key[..Block]);
        _cipher2 = AesSiv.Encryptor(_aes2, key[Block..]);
    }

    /// <summary>Encrypts addresses (4 or 16 bytes each) in place.</summary>
    public void Encrypt(IReadOnlyList<byte[]> addresses)
    {
        for (var from = 0; from < addresses.Count; from += AddressesACall)
        {
            EncryptSome(addresses, from, Math.Min(addresses.Count, from + AddressesACall));
        }
    }

    /// <summary>Decrypts an address in place. Each bit needs the one before it, so that nothing can be done at once.</summary>
    public void Decrypt(byte[] address)
    {
        EnsureCapacity(1);
        UInt128 prefix = FirstPrefix(address);
        for (var bit = 0; bit < address.Length * 8; bit++)
        {
            Write(prefix, 0);
            Encipher(Block);
            Flip(address, bit, at: 0);
            prefix = (prefix << 1) | Bit(address, bit);
        }
    }

    public void Dispose()
    {
        _cipher1.Dispose();
        _cipher2.Dispose();
        _aes1.Dispose();
        _aes2.Dispose();
        CryptographicOperations.ZeroMemory(_prefixes);
    }

    // A prefix depends on the bits in clear alone: all of an address's, and of all addresses, go through AES at once.
    private void EncryptSome(IReadOnlyList<byte[]> addresses, int from, int to)
    {
        EnsureCapacity((to - from) * Bits);
        var at = 0;
        for (var i = from; i < to; i++)
        {
            var prefix = FirstPrefix(addresses[i]);
            for (var bit = 0; bit < addresses[i].Length * 8; bit++, at += Block)
            {
                Write(prefix, at);
                prefix = (prefix << 1) | Bit(addresses[i], bit);
            }
        }

        Encipher(at);
        at = 0;
        for (var i = from; i < to; i++)
        {
            for (var bit = 0; bit < addresses[i].Length * 8; bit++, at += Block)
            {
                Flip(addresses[i], bit, at);
            }
        }

        CryptographicOperations.ZeroMemory(_prefixes.AsSpan(0, at));
    }

    // A one, and behind it the prefix: empty, or for IPv4 the 96 bits of IPv4-mapped addresses, ::ffff:0:0/96.
    private static UInt128 FirstPrefix(byte[] address) => address.Length == 4 ? (UInt128.One << 96) | 0xFFFF : UInt128.One;

    private static uint Bit(byte[] address, int bit) => (uint)(address[bit / 8] >> (7 - (bit % 8))) & 1;

    private void Flip(byte[] address, int bit, int at) =>
        address[bit / 8] ^= (byte)(((_out1[at + Block - 1] ^ _out2[at + Block - 1]) & 1) << (7 - (bit % 8)));

    private void Write(UInt128 prefix, int at) =>
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(_prefixes.AsSpan(at), prefix);

    private void Encipher(int length)
    {
        if (length > 0)
        {
            _cipher1.TransformBlock(_prefixes, 0, length, _out1, 0);
            _cipher2.TransformBlock(_prefixes, 0, length, _out2, 0);
        }
    }

    private void EnsureCapacity(int blocks)
    {
        if (_prefixes.Length < blocks * Block)
        {
            _prefixes = new byte[blocks * Block];
            _out1 = new byte[blocks * Block];
            _out2 = new byte[blocks * Block];
        }
    }
}
