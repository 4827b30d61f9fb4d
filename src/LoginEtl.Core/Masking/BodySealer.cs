using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Masking;

/// <summary>
/// Seals a rejected body to a public key: ECDH on P-256 with an ephemeral key, HKDF-SHA-256, AES-256-GCM, in the form
/// of Tink's ECIES-AEAD-HKDF: 0x01 ‖ key id (4, big endian) ‖ ephemeral point (65, uncompressed) ‖ nonce (12) ‖
/// ciphertext ‖ tag (16). The message id is the context: a body moved to another message does not open. Thread-safe.
/// </summary>
internal sealed class BodySealer
{
    /// <summary>Bytes of the AES key.</summary>
    public const int KeyLength = 32;

    private const int PointLength = 1 + (2 * EciesKeys.FieldLength);
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeaderLength = SivToken.HeaderLength;
    private readonly uint _keyId;
    private readonly ECParameters _recipient;

    public BodySealer(Keyset keyset)
    {
        _keyId = keyset.Primary.Id;
        _recipient = EciesKeys.ReadPublic(keyset);
    }

    public SealedBody Seal(ReadOnlySpan<byte> body, MessageId context)
    {
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var recipient = ECDiffieHellman.Create(_recipient);
        var output = new byte[HeaderLength + PointLength + NonceLength + body.Length + TagLength];
        output[0] = TinkTypes.OutputPrefix;
        BinaryPrimitives.WriteUInt32BigEndian(output.AsSpan(1), _keyId);
        var point = output.AsSpan(HeaderLength, PointLength);
        WritePoint(ephemeral.ExportParameters(includePrivateParameters: false).Q, point);
        var nonce = output.AsSpan(HeaderLength + PointLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        var key = DeriveKey(ephemeral, recipient.PublicKey, point, context);
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(nonce, body, output.AsSpan(HeaderLength + PointLength + NonceLength, body.Length), output.AsSpan(output.Length - TagLength));
        CryptographicOperations.ZeroMemory(key);
        return new SealedBody(output);
    }

    /// <summary>Opens a sealed body with the private half; null when it was not sealed to this key and message.</summary>
    public static byte[]? Open(Keyset privateKeyset, ReadOnlySpan<byte> sealedBody, MessageId context)
    {
        const int overhead = HeaderLength + PointLength + NonceLength + TagLength;
        if (sealedBody.Length < overhead || sealedBody[0] != TinkTypes.OutputPrefix)
        {
            return null;
        }

        var keyId = BinaryPrimitives.ReadUInt32BigEndian(sealedBody[1..]);
        if (privateKeyset.Keys.FirstOrDefault(k => k.Id == keyId) is not { } key)
        {
            return null;
        }

        var point = sealedBody.Slice(HeaderLength, PointLength);
        var nonce = sealedBody.Slice(HeaderLength + PointLength, NonceLength);
        var body = new byte[sealedBody.Length - overhead];
        try
        {
            using var mine = ECDiffieHellman.Create(EciesKeys.ReadPrivate(privateKeyset, key));
            using var theirs = ECDiffieHellman.Create(ReadPoint(point));
            var aesKey = DeriveKey(mine, theirs.PublicKey, point, context);
            using var aes = new AesGcm(aesKey, TagLength);
            aes.Decrypt(nonce, sealedBody[(overhead - TagLength)..^TagLength], sealedBody[^TagLength..], body);
            CryptographicOperations.ZeroMemory(aesKey);
            return body;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>HKDF over ephemeral point ‖ shared secret, the message id as info (Tink's EciesHkdfSenderKem).</summary>
    internal static byte[] DeriveKey(
        ECDiffieHellman mine, ECDiffieHellmanPublicKey theirs, ReadOnlySpan<byte> ephemeralPoint, MessageId context)
    {
        var secret = mine.DeriveRawSecretAgreement(theirs);
        byte[] material = [.. ephemeralPoint, .. secret];
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, material, KeyLength, info: Encoding.UTF8.GetBytes(context.Value));
        CryptographicOperations.ZeroMemory(secret);
        CryptographicOperations.ZeroMemory(material);
        return key;
    }

    private static void WritePoint(ECPoint q, Span<byte> point)
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
