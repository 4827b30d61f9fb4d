using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Protecting;

/// <summary>
/// Says under the key of lines what a message was first, and tells whether somebody who holds that key has said so: whoever
/// may send could otherwise let a login pass for one that was written. It holds for one body and one kind of queue.
/// Not thread-safe.
/// </summary>
internal sealed class OriginSeal : IDisposable
{
    private const string Version = "1";
    private const char Separator = ';';
    private readonly IncrementalHash _mac;

    /// <param name="keyset">Of lines, whose key is never rotated.</param>
    public OriginSeal(Keyset keyset)
    {
        using var key = KeyMaterial.ReadHmac(keyset, keyset.Primary);
        _mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.Span);
    }

    /// <summary>The attribute's text.</summary>
    /// <param name="origin">What it was first.</param>
    /// <param name="isFifo">Of a FIFO queue, whose ledger keys have no time in them.</param>
    /// <param name="body">As it is sent.</param>
    public string Write(MessageOrigin origin, bool isFifo, ReadOnlySpan<byte> body) =>
        string.Create(CultureInfo.InvariantCulture, $"{Version}{Separator}{Milliseconds(origin)}{Separator}{Base64Url.EncodeToString(Mac(origin, isFifo, body))}{Separator}{origin.Id}");

    /// <summary>What a claim says; null where it is none of ours, or was made for another body or kind of queue.</summary>
    public MessageOrigin? Read(OriginClaim claim, ReadOnlySpan<byte> body)
    {
        if (claim.Text.Split(Separator, 4) is not [Version, var time, var mac, { Length: > 0 } id]
            || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            return null;
        }

        var origin = new MessageOrigin(new MessageId(id), DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
        Span<byte> said = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!Base64Url.IsValid(mac, out var length) || length != said.Length || !Base64Url.TryDecodeFromChars(mac, said, out _))
        {
            return null;
        }

        return CryptographicOperations.FixedTimeEquals(Mac(origin, claim.IsFifo, body), said) ? origin : null;
    }

    public void Dispose() => _mac.Dispose();

    private static long Milliseconds(MessageOrigin origin) => origin.SentTimestamp.ToUnixTimeMilliseconds();

    private byte[] Mac(MessageOrigin origin, bool isFifo, ReadOnlySpan<byte> body)
    {
        var id = Encoding.UTF8.GetBytes(origin.Id.Value);
        Span<byte> numbers = stackalloc byte[13];
        numbers[0] = isFifo ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64BigEndian(numbers[1..], Milliseconds(origin));
        BinaryPrimitives.WriteInt32BigEndian(numbers[9..], id.Length);
        _mac.AppendData("login-etl/1/origin\0"u8);
        _mac.AppendData(numbers);
        _mac.AppendData(id);
        _mac.AppendData(body);
        return _mac.GetHashAndReset();
    }
}
