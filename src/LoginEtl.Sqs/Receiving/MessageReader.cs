using System.Globalization;
using LoginEtl.Records;
using LoginEtl.Running;
using LoginEtl.Sqs.Client;
using LoginEtl.Sqs.Client.Wire;

namespace LoginEtl.Sqs.Receiving;

/// <summary>Makes a delivery of what came over the wire.</summary>
internal static class MessageReader
{
    /// <summary>What a poll asks for.</summary>
    public static readonly string[] Attributes =
        ["SentTimestamp", "ApproximateReceiveCount", "MessageGroupId", "SequenceNumber"];

    /// <summary>
    /// The messages of an answer, those of a FIFO queue by their sequence numbers. Of a group no other answer brings any
    /// until these are settled: the queue keeps it locked.
    /// </summary>
    /// <exception cref="SqsException">One has no id, handle or body.</exception>
    public static IReadOnlyList<ReceivedMessage> ReadAll(IReadOnlyList<WireMessage?> messages, bool fifo)
    {
        var read = messages.Select(m => Read(m, fifo));
        return [.. fifo ? read.OrderBy(m => m.Delivery.Group!.Sequence()) : read];
    }

    /// <exception cref="SqsException">It has no id that can be one, no handle or no body: this is no answer of SQS.</exception>
    public static ReceivedMessage Read(WireMessage? message, bool fifo)
    {
        if (message is not { MessageId: { } id, ReceiptHandle: { Length: > 0 } handle, Body: { } body } || !IsId(id))
        {
            throw new SqsException("ReceiveMessage", SqsFault.Garbled, "IncompleteMessage");
        }

        var delivery = new QueueDelivery(
            new MessageId(id), handle, SentTimestamp(message), ReceiveCount(message), DateTimeOffset.UtcNow,
            fifo
                ? new FifoPosition(Text(message, "MessageGroupId") ?? "", Text(message, "SequenceNumber") ?? "")
                : null);
        // Emulators may leave the checksum out.
        var whole = message.MD5OfBody is not { } md5 || BodyChecksum.Matches(body.Utf8, md5);
        var reason = body.Fault ?? (whole ? null : RejectReason.ChecksumMismatch);
        return new ReceivedMessage(delivery, body.Utf8, reason is { } fault ? new Rejection(fault) : null);
    }

    // Ids go to logs and to the quarantine's text column, where a NUL or half a surrogate pair would fail a whole batch.
    // SQS makes uuids; 100 characters: SQS developer guide, "Queue and message identifiers".
    private static bool IsId(string id) => id.Length is > 0 and <= 100 && !id.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static DateTimeOffset? SentTimestamp(WireMessage message) =>
        long.TryParse(Text(message, "SentTimestamp"), NumberStyles.None, CultureInfo.InvariantCulture, out var sent)
        && sent is > 0 and <= 253_402_300_799_999 // 9999-12-31, the last day that DateTimeOffset knows
            ? DateTimeOffset.FromUnixTimeMilliseconds(sent)
            : null;

    private static int ReceiveCount(WireMessage message) =>
        int.TryParse(
            Text(message, "ApproximateReceiveCount"), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? Math.Max(1, count)
            : 1;

    private static string? Text(WireMessage message, string attribute) =>
        message.Attributes?.GetValueOrDefault(attribute);
}
