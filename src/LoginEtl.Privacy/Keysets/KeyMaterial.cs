using System.Security.Cryptography;
using LoginEtl.Crypto;

namespace LoginEtl.Keysets;

/// <summary>The key messages inside keysets, read and written.</summary>
internal static class KeyMaterial
{
    /// <summary>Bytes of an AES-256-SIV key: 32 for S2V's CMAC, then 32 for CTR.</summary>
    public const int AesSivLength = 64;

    public const int HmacLength = 32;

    private const int LongestMessage = 512;

    /// <summary>AesSivKey: version = 1, key_value = 2.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>.</exception>
    public static KeyBytes ReadAesSiv(Keyset keyset, KeysetKey key) =>
        OfTwoHalves(keyset, key, ReadKeyValue(keyset, TinkTypes.AesSivKey, key, field: 2, AesSivLength), "which makes authentication and encryption one key");

    public static KeyBytes WriteAesSiv(KeyBytes key) => Write(key.Span, static (ref writer, key) => writer.Bytes(2, key));

    /// <summary>HmacKey: version = 1, params = 2, key_value = 3.</summary>
    public static KeyBytes ReadHmac(Keyset keyset, KeysetKey key) =>
        ReadKeyValue(keyset, TinkTypes.HmacKey, key, field: 3, HmacLength);

    public static KeyBytes WriteHmac(KeyBytes key) => Write(key.Span, static (ref writer, key) =>
    {
        writer.Bytes(2, [0x08, TinkTypes.Sha256, 0x10, HmacLength]);
        writer.Bytes(3, key);
    });

    /// <summary>IpcryptPfxKey: version = 1, key_value = 2.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>.</exception>
    public static KeyBytes ReadPfx(Keyset keyset, KeysetKey key) =>
        OfTwoHalves(keyset, key, ReadKeyValue(keyset, TinkTypes.IpcryptPfxKey, key, field: 2, IpcryptPfx.KeyLength), "which would leave addresses in clear");

    public static KeyBytes WritePfx(KeyBytes key) => Write(key.Span, static (ref writer, key) => writer.Bytes(2, key));

    /// <summary>Writes one message into zeroed-when-disposed memory.</summary>
    public static KeyBytes Write(ReadOnlySpan<byte> secret, ProtoBody body)
    {
        using var buffer = new KeyBytes(LongestMessage);
        var writer = new ProtoWriter(buffer.Span);
        body(ref writer, secret);
        return KeyBytes.CopyOf(writer.Written);
    }

    private static KeyBytes OfTwoHalves(Keyset keyset, KeysetKey key, KeyBytes bytes, string why)
    {
        var half = bytes.Length / 2;
        if (!CryptographicOperations.FixedTimeEquals(bytes.Span[..half], bytes.Span[half..]))
        {
            return bytes;
        }

        bytes.Dispose();
        throw Keyset.Invalid(keyset.Source, $"the halves of key {key.Id} are equal, {why}");
    }

    private static KeyBytes ReadKeyValue(Keyset keyset, string typeUrl, KeysetKey key, int field, int length)
    {
        keyset.RequireType(typeUrl);
        try
        {
            var reader = new ProtoReader(key.Material.Span);
            while (reader.Next())
            {
                if (reader.Field == field && reader.Bytes.Length == length)
                {
                    return reader.Bytes.ContainsAnyExcept(reader.Bytes[0]) ? KeyBytes.CopyOf(reader.Bytes)
                        : throw Keyset.Invalid(keyset.Source, $"the bytes of key {key.Id} are all the same, which anybody can guess");
                }
            }
        }
        catch (FormatException)
        {
        }

        throw Keyset.Invalid(keyset.Source, $"key {key.Id} does not hold {length} key bytes");
    }

    internal delegate void ProtoBody(ref ProtoWriter writer, ReadOnlySpan<byte> secret);
}
