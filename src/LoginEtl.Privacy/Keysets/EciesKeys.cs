using System.Security.Cryptography;

namespace LoginEtl.Keysets;

/// <summary>The key pair that bodies and originals are sealed to, in the messages of Tink's ECIES-AEAD-HKDF keys.</summary>
internal static class EciesKeys
{
    public const int FieldLength = 32;

    /// <summary>Bytes of the AES-GCM key under which the message itself is.</summary>
    public const int DemKeyLength = 32;

    /// <summary>EciesAeadHkdfPublicKey: params = 2, x = 3, y = 4.</summary>
    public static KeyBytes WritePublic(ECParameters key) =>
        KeyMaterial.Write([], (ref writer, _) => PublicFields(ref writer, key));

    /// <summary>EciesAeadHkdfPrivateKey: public_key = 2, key_value = 3.</summary>
    public static KeyBytes WritePrivate(ECParameters key)
    {
        using var publicKey = WritePublic(key);
        using var number = BigInteger(key.D);
        var message = publicKey.Span.ToArray();
        return KeyMaterial.Write(number.Span, (ref writer, secret) =>
        {
            writer.Bytes(2, message);
            writer.Bytes(3, secret);
        });
    }

    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>.</exception>
    public static ECParameters ReadPublic(Keyset keyset) => ReadPublic(keyset, keyset.Primary);

    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>.</exception>
    public static ECParameters ReadPublic(Keyset keyset, KeysetKey key)
    {
        keyset.RequireType(TinkTypes.EciesPublicKey);
        try
        {
            var parameters = ReadPublicFields(key.Material.Span);
            RequireOnCurve(parameters);
            return parameters;
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            throw Keyset.Invalid(keyset.Source, $"key {key.Id} is not a P-256 public key");
        }
    }

    /// <summary>Both halves; the caller zeroes D, which the collector does not move.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>.</exception>
    public static ECParameters ReadPrivate(Keyset keyset, KeysetKey key)
    {
        keyset.RequireType(TinkTypes.EciesPrivateKey);
        var d = GC.AllocateArray<byte>(FieldLength, pinned: true);
        var whole = false;
        try
        {
            var parameters = default(ECParameters);
            var hasNumber = false;
            var reader = new ProtoReader(key.Material.Span);
            while (reader.Next())
            {
                switch (reader.Field)
                {
                    case 2:
                        parameters = ReadPublicFields(reader.Bytes);
                        break;
                    case 3:
                        FixedLength(reader.Bytes, d);
                        hasNumber = true;
                        break;
                }
            }

            whole = hasNumber && parameters.Q.X is not null;
            return whole ? parameters with { D = d } : throw new FormatException();
        }
        catch (FormatException)
        {
            throw Keyset.Invalid(keyset.Source, $"key {key.Id} is not a P-256 private key");
        }
        finally
        {
            if (!whole)
            {
                CryptographicOperations.ZeroMemory(d);
            }
        }
    }

    private static void PublicFields(ref ProtoWriter writer, ECParameters key)
    {
        // AesGcmKeyFormat: key_size = 2.
        ReadOnlySpan<byte> demFormat = [0x10, DemKeyLength];
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
        using var x = BigInteger(key.Q.X);
        using var y = BigInteger(key.Q.Y);
        writer.Bytes(3, x.Span);
        writer.Bytes(4, y.Span);
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
                    x = FixedLength(reader.Bytes);
                    break;
                case 4:
                    y = FixedLength(reader.Bytes);
                    break;
            }
        }

        return x is not null && y is not null
            ? new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } }
            : throw new FormatException();
    }

    private static void RequireOnCurve(ECParameters key)
    {
        using var probe = ECDiffieHellman.Create(key);
    }

    /// <summary>A leading zero byte: Tink's first readers took the bytes for a signed number, and its writers still add it.</summary>
    private static KeyBytes BigInteger(ReadOnlySpan<byte> unsigned)
    {
        var number = new KeyBytes(FieldLength + 1);
        unsigned.CopyTo(number.Span[^unsigned.Length..]);
        return number;
    }

    /// <summary>Tink's numbers come with leading zeros or without.</summary>
    private static byte[] FixedLength(ReadOnlySpan<byte> bytes)
    {
        var coordinate = new byte[FieldLength];
        FixedLength(bytes, coordinate);
        return coordinate;
    }

    private static void FixedLength(ReadOnlySpan<byte> bytes, Span<byte> number)
    {
        bytes = bytes.TrimStart((byte)0);
        if (bytes.Length > FieldLength)
        {
            throw new FormatException();
        }

        number.Clear();
        bytes.CopyTo(number[(FieldLength - bytes.Length)..]);
    }
}
