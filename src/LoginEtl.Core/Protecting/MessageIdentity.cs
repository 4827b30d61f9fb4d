using System.Buffers.Binary;
using System.Security.Cryptography;
using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Protecting;

/// <summary>
/// The identity that a sender gave a message, as HMAC-SHA-256 under the key of lines: an order number or a user's name
/// must not be guessed back from the ledger. Not thread-safe.
/// </summary>
internal sealed class MessageIdentity : IDisposable
{
    private readonly IncrementalHash _mac;

    public MessageIdentity(Keyset keyset)
    {
        using var key = KeyMaterial.ReadHmac(keyset, keyset.Primary);
        _mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.Span);
    }

    public KeyedIdentity Of(SenderIdentity identity)
    {
        Span<byte> length = stackalloc byte[4];
        _mac.AppendData("login-etl/1/message\0"u8);
        foreach (var part in identity.Parts)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            _mac.AppendData(length);
            _mac.AppendData(part);
        }

        Span<byte> digest = stackalloc byte[32];
        _mac.GetHashAndReset(digest);
        return new KeyedIdentity(LineIdentity.Uuid(digest), identity.Time);
    }

    public void Dispose() => _mac.Dispose();
}
