using System.Buffers.Binary;
using System.Security.Cryptography;
using LoginEtl.Keysets;
using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>
/// Tink's ECIES-AEAD-HKDF on P-256 with HKDF-SHA-256 and AES-256-GCM: 0x01 ‖ key id (4, big endian) ‖ ephemeral point
/// (65, uncompressed) ‖ nonce (12) ‖ ciphertext ‖ tag (16).
/// </summary>
internal static class Ecies
{
    /// <summary>Bytes of the AES key.</summary>
    public const int KeyLength = EciesKeys.DemKeyLength;

    public const int HeaderLength = Base64Token.HeaderLength;
    public const int PointLength = 1 + (2 * EciesKeys.FieldLength);
    public const int NonceLength = 12;
    public const int TagLength = 16;
    public const int Overhead = HeaderLength + PointLength + NonceLength + TagLength;

    /// <summary>Opens what was sealed; null when it was not sealed to a key of this keyset with this context.</summary>
    public static byte[]? Open(Keyset privateKeyset, ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> context)
    {
        if (sealedBytes.Length < Overhead || sealedBytes[0] != TinkTypes.OutputPrefix)
        {
            return null;
        }

        var keyId = BinaryPrimitives.ReadUInt32BigEndian(sealedBytes[1..]);
        if (privateKeyset.Keys.FirstOrDefault(k => k.Id == keyId) is not { } key)
        {
            return null;
        }

        var mine = EciesKeys.ReadPrivate(privateKeyset, key);
        byte[]? secret = null, aesKey = null;
        var point = sealedBytes.Slice(HeaderLength, PointLength);
        var nonce = sealedBytes.Slice(HeaderLength + PointLength, NonceLength);
        var plaintext = new byte[sealedBytes.Length - Overhead];
        var opened = false;
        try
        {
            using var recipient = ECDiffieHellman.Create(mine);
            using var sender = ECDiffieHellman.Create(ReadPoint(point));
            secret = recipient.DeriveRawSecretAgreement(sender.PublicKey);
            aesKey = DeriveKey(point, secret, context);
            using var aes = new AesGcm(aesKey, TagLength);
            aes.Decrypt(nonce, sealedBytes[(Overhead - TagLength)..^TagLength], sealedBytes[^TagLength..], plaintext);
            opened = true;
            return plaintext;
        }
        catch (CryptographicException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(mine.D);
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(aesKey);
            if (!opened)
            {
                CryptographicOperations.ZeroMemory(plaintext);
            }
        }
    }

    /// <summary>HKDF over ephemeral point ‖ shared secret, the context as info (Tink's EciesHkdfSenderKem); zeroed by the caller.</summary>
    public static byte[] DeriveKey(ReadOnlySpan<byte> ephemeralPoint, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> context)
    {
        Span<byte> material = stackalloc byte[ephemeralPoint.Length + secret.Length];
        ephemeralPoint.CopyTo(material);
        secret.CopyTo(material[ephemeralPoint.Length..]);
        var key = GC.AllocateArray<byte>(KeyLength, pinned: true);
        try
        {
            HKDF.DeriveKey(HashAlgorithmName.SHA256, material, key, salt: [], info: context);
            return key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(material);
        }
    }

    public static void WritePoint(ECPoint q, Span<byte> point)
    {
        point[0] = 0x04;
        q.X.CopyTo(point[1..]);
        q.Y.CopyTo(point[(1 + EciesKeys.FieldLength)..]);
    }

    private static ECParameters ReadPoint(ReadOnlySpan<byte> point) => new()
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint
        {
            X = point.Slice(1, EciesKeys.FieldLength).ToArray(),
            Y = point.Slice(1 + EciesKeys.FieldLength, EciesKeys.FieldLength).ToArray(),
        },
    };
}
