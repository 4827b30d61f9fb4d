using System.Buffers.Binary;
using System.Security.Cryptography;
using LoginEtl.Keysets;

namespace LoginEtl.Masking;

/// <summary>
/// One ephemeral key and what it shares with a recipient. Everything it seals opens by itself; each context gets an AES
/// key of its own.
/// </summary>
internal sealed class EciesSender : IDisposable
{
    private readonly byte[] _header = new byte[Ecies.HeaderLength + Ecies.PointLength];
    private readonly byte[] _secret;
    private bool _disposed;

    public EciesSender(Recipient recipient)
    {
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var theirs = ECDiffieHellman.Create(recipient.Key);
        _header[0] = TinkTypes.OutputPrefix;
        BinaryPrimitives.WriteUInt32BigEndian(_header.AsSpan(1), recipient.KeyId);
        Ecies.WritePoint(ephemeral.ExportParameters(includePrivateParameters: false).Q, Point);
        _secret = ephemeral.DeriveRawSecretAgreement(theirs.PublicKey);
    }

    private Span<byte> Point => _header.AsSpan(Ecies.HeaderLength);

    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>: it holds no public keys.</exception>
    public static Recipient RecipientOf(Keyset keyset) => new(keyset.Primary.Id, EciesKeys.ReadPublic(keyset));

    public byte[] Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context)
    {
        // A zeroed secret would seal just as well, for everybody to open.
        ObjectDisposedException.ThrowIf(_disposed, this);
        var output = new byte[Ecies.Overhead + plaintext.Length];
        _header.CopyTo(output, 0);
        var nonce = output.AsSpan(_header.Length, Ecies.NonceLength);
        RandomNumberGenerator.Fill(nonce);
        var key = Ecies.DeriveKey(Point, _secret, context);
        try
        {
            using var aes = new AesGcm(key, Ecies.TagLength);
            aes.Encrypt(nonce, plaintext, output.AsSpan(_header.Length + Ecies.NonceLength, plaintext.Length), output.AsSpan(output.Length - Ecies.TagLength));
            return output;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_secret);
    }

    /// <summary>Whom to seal to.</summary>
    internal sealed record Recipient(uint KeyId, ECParameters Key);
}
