using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Protecting;

/// <summary>
/// The identity of a line of text: HMAC-SHA-256 over source name, body and the occurrence number of that body, as a
/// version-8 uuid. Keyed, because a digest of a body without a key could be guessed back to the body.
/// </summary>
internal sealed class LineIdentity : IDisposable
{
    private readonly KeyBytes _key;

    public LineIdentity(Keyset keyset) => _key = KeyMaterial.ReadHmac(keyset, keyset.Primary);

    public Guid Of(LineDelivery line, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key.Span);
        var source = Encoding.UTF8.GetBytes(line.SourceId);
        Span<byte> number = stackalloc byte[4];
        mac.AppendData("login-etl/1/line\0"u8);
        BinaryPrimitives.WriteInt32BigEndian(number, source.Length);
        mac.AppendData(number);
        mac.AppendData(source);
        BinaryPrimitives.WriteInt32BigEndian(number, line.Occurrence);
        mac.AppendData(number);
        mac.AppendData(body);

        Span<byte> digest = stackalloc byte[32];
        mac.GetHashAndReset(digest);
        return Uuid(digest);
    }

    /// <summary>The first 16 bytes of a digest as a version-8 uuid; overwrites two of them.</summary>
    public static Guid Uuid(Span<byte> digest)
    {
        digest[6] = (byte)((digest[6] & 0x0F) | 0x80);
        digest[8] = (byte)((digest[8] & 0x3F) | 0x80);
        return new Guid(digest[..16], bigEndian: true);
    }

    public void Dispose() => _key.Dispose();
}
