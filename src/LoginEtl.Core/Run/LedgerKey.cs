using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>
/// A message's key in the ledger. For queues a version-7-shaped uuid: the milliseconds of SentTimestamp, then the
/// message id's own bits, so that keys arrive in order and the index stays small and warm. FIFO queues lose the
/// timestamp when a message moves to a dead-letter queue, so their key comes from the message id alone. Where the sender
/// says what is the same message, the queue's id and time say nothing: the key has the sender's time, so that keys arrive
/// in order, and version 8, by which such entries are kept from the time they were written: a sender's time may be any.
/// </summary>
public static class LedgerKey
{
    /// <summary>The key of an identified delivery; the same at every delivery of the same message.</summary>
    /// <exception cref="InvalidOperationException">
    /// A queue message without SentTimestamp: never replaced by "now". A sender's identity that is not under the key.
    /// </exception>
    public static Guid Of(Delivery delivery) => delivery switch
    {
        { KeyedIdentity: not null } => OfSender(delivery)!.Value,
        { SenderIdentity: not null } => throw new InvalidOperationException("A sender's identity has no ledger key before it is keyed."),
        { OriginClaim: not null } => throw new InvalidOperationException("A message that says what it was first has no ledger key before that is looked at."),
        QueueDelivery { Group: not null } fifo => Bits(First(fifo)),
        QueueDelivery { SentTimestamp: { } sent } standard => TimeOrdered(sent, Bits(First(standard)), version: 7),
        LineDelivery { Id: { } id } => Guid.Parse(id.Value),
        _ => throw new InvalidOperationException("A message without SentTimestamp or identity has no ledger key."),
    };

    // One that was moved is the message that it was first.
    private static MessageId First(QueueDelivery delivery) => delivery.Origin?.Id ?? delivery.Id!.Value;

    /// <summary>The key where the sender says what is the same message; null where its source does.</summary>
    public static Guid? OfSender(Delivery delivery)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        return delivery.KeyedIdentity is not { } keyed ? null
            : keyed.Time is { } sent ? TimeOrdered(sent, keyed.Id, version: 8)
            : keyed.Id;
    }

    private static Guid TimeOrdered(DateTimeOffset sent, Guid id, int version)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        Span<byte> milliseconds = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(milliseconds, sent.ToUnixTimeMilliseconds());
        milliseconds[2..].CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | (version << 4));
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    // SQS ids are uuids; an emulator's may be any text, whose digest has the same spread.
    private static Guid Bits(MessageId id) =>
        Guid.TryParse(id.Value, out var uuid)
            ? uuid
            : new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(id.Value)).AsSpan(0, 16), bigEndian: true);
}
