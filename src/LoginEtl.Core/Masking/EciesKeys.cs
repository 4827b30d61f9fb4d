using System.Security.Cryptography;
using LoginEtl.Keysets;

namespace LoginEtl.Masking;

/// <summary>The key pair that rejected bodies are sealed to, in the messages of Tink's ECIES-AEAD-HKDF keys.</summary>
internal static class EciesKeys
{
    public const int FieldLength = 32;

    /// <summary>EciesAeadHkdfPublicKey: params = 2, x = 3, y = 4.</summary>
    public static KeyBytes WritePublic(ECParameters key) =>
        KeyMaterial.Write([], (ref writer, _) => PublicFields(ref writer, key));

    /// <summary>EciesAeadHkdfPrivateKey: public_key = 2, key_value = 3.</summary>
    public static KeyBytes WritePrivate(ECParameters key)
    {
        using var publicKey = WritePublic(key);
        var message = publicKey.Span.ToArray();
        return KeyMaterial.Write(key.D, (ref writer, secret) =>
        {
            writer.Bytes(2, message);
            writer.Bytes(3, secret);
        });
    }

    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>.</exception>
    public static ECParameters ReadPublic(Keyset keyset)
    {
        try
        {
            return ReadPublicFields(keyset.Primary.Material.Span);
        }
        catch (FormatException)
        {
            throw Keyset.Invalid(keyset.Source, $"key {keyset.Primary.Id} is not a P-256 public key");
        }
    }

    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>.</exception>
    public static ECParameters ReadPrivate(Keyset keyset, KeysetKey key)
    {
        try
        {
            var parameters = default(ECParameters);
            byte[]? d = null;
            var reader = new ProtoReader(key.Material.Span);
            while (reader.Next())
            {
                switch (reader.Field)
                {
                    case 2:
                        parameters = ReadPublicFields(reader.Bytes);
                        break;
                    case 3:
                        d = reader.Bytes.ToArray();
                        break;
                }
            }

            return d is { Length: FieldLength } && parameters.Q.X is not null
                ? parameters with { D = d }
                : throw new FormatException();
        }
        catch (FormatException)
        {
            throw Keyset.Invalid(keyset.Source, $"key {key.Id} is not a P-256 private key");
        }
    }

    private static void PublicFields(ref ProtoWriter writer, ECParameters key)
    {
        // AesGcmKeyFormat: key_size = 2.
        ReadOnlySpan<byte> demFormat = [0x10, BodySealer.KeyLength];
        Span<byte> buffer = stackalloc byte[160];
        var template = new ProtoWriter(buffer);
        template.Text(1, TinkTypes.AesGcmKey);
        template.Bytes(2, demFormat);
        template.Number(3, TinkTypes.PrefixTink);

        Span<byte> demBuffer = stackalloc byte[160];
        var dem = new ProtoWriter(demBuffer);
        dem.Bytes(2, template.Written);

        Span<byte> paramsBuffer = stackalloc byte[200];
        var parameters = new ProtoWriter(paramsBuffer);
        parameters.Bytes(1, [0x08, TinkTypes.NistP256, 0x10, TinkTypes.Sha256]);
        parameters.Bytes(2, dem.Written);
        parameters.Number(3, TinkTypes.UncompressedPoint);

        writer.Bytes(2, parameters.Written);
        writer.Bytes(3, key.Q.X);
        writer.Bytes(4, key.Q.Y);
    }

    private static ECParameters ReadPublicFields(ReadOnlySpan<byte> message)
    {
        byte[]? x = null, y = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    x = Coordinate(reader.Bytes);
                    break;
                case 4:
                    y = Coordinate(reader.Bytes);
                    break;
            }
        }

        return x is not null && y is not null
            ? new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } }
            : throw new FormatException();
    }

    /// <summary>Tink writes big integers, at times with a leading zero byte.</summary>
    private static byte[] Coordinate(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes.TrimStart((byte)0);
        if (bytes.Length > FieldLength)
        {
            throw new FormatException();
        }

        var coordinate = new byte[FieldLength];
        bytes.CopyTo(coordinate.AsSpan(FieldLength - bytes.Length));
        return coordinate;
    }
}
