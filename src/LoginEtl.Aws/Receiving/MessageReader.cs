using System.Globalization;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Telemetry;
using LoginEtl.Tokens;

namespace LoginEtl.Aws.Receiving;

/// <summary>Makes a delivery of what came over the wire.</summary>
internal static class MessageReader
{
    /// <summary>
    /// The messages of an answer, those of a FIFO queue by their sequence numbers. Of a group no other answer brings any
    /// until these are settled: the queue keeps it locked.
    /// </summary>
    /// <param name="messages">Of the answer.</param>
    /// <param name="fifo">Of a FIFO queue.</param>
    /// <param name="identityAttribute">Message attribute that says what is the same message; null for none.</param>
    /// <param name="keepsAttributes">Keeps all of the sender's.</param>
    /// <exception cref="SqsException">One has no id, handle or body.</exception>
    public static IReadOnlyList<ReceivedMessage> ReadAll(IReadOnlyList<Message?> messages, bool fifo, string? identityAttribute = null, bool keepsAttributes = false)
    {
        var read = messages.Select(m => Read(m, fifo, identityAttribute, keepsAttributes));
        return [.. fifo ? read.OrderBy(m => m.Delivery.Group!.Sequence()) : read];
    }

    /// <exception cref="SqsException">It has no id that can be one, no handle or no body: this is no answer of SQS.</exception>
    public static ReceivedMessage Read(Message? message, bool fifo, string? identityAttribute = null, bool keepsAttributes = false)
    {
        if (message is not SqsMessage { MessageId: { } id, ReceiptHandle: { Length: > 0 } handle, BodyBytes: { } body } received
            || !IsId(id))
        {
            throw new SqsException("ReceiveMessage", SqsFault.Garbled, "IncompleteMessage");
        }

        var delivery = new QueueDelivery(
            new MessageId(id), handle, SentTimestamp(message), ReceiveCount(message), DateTimeOffset.UtcNow,
            fifo
                ? new FifoPosition(Text(message, MessageAttributes.MessageGroupId) ?? "", Text(message, MessageAttributes.SequenceNumber) ?? "")
                : null)
        {
            OriginText = AttributeText(message, MessageOrigin.Attribute),
            Attributes = keepsAttributes ? AttributesOf(message) : SenderAttributes.None,
            TraceParent = RunTraces.AreHeard && (AttributeText(message, TraceHeader.MessageAttribute) ?? Text(message, TraceHeader.SystemAttribute)) is { } header ? TraceHeader.Sampled(header) : null,
        };
        var reason = received.BodyFault
            ?? (BodyChecksum.Matches(body, message.MD5OfBody) == false ? RejectReason.ChecksumMismatch : null);
        return new ReceivedMessage(delivery, body, reason is { } fault ? new Rejection(fault) : null)
        {
            IdentityAttribute = identityAttribute is not null && AttributeText(message, identityAttribute) is { } text ? new Plaintext(text) : null,
        };
    }

    // Ids go to logs and to the quarantine's text column, where a NUL or half a surrogate pair would fail a whole batch.
    // SQS makes uuids; 100 characters: SQS developer guide, "Queue and message identifiers".
    private static bool IsId(string id) => id.Length is > 0 and <= 100 && !id.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static DateTimeOffset? SentTimestamp(Message message) =>
        long.TryParse(Text(message, MessageAttributes.SentTimestamp), NumberStyles.None, CultureInfo.InvariantCulture, out var sent)
        && sent is > 0 and <= 253_402_300_799_999 // 9999-12-31, the last day that DateTimeOffset knows
            ? DateTimeOffset.FromUnixTimeMilliseconds(sent)
            : null;

    private static int ReceiveCount(Message message) =>
        int.TryParse(
            Text(message, MessageAttributes.ApproximateReceiveCount), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? Math.Max(1, count)
            : 1;

    private static SenderAttributes AttributesOf(Message message) => new(
        [.. (message.MessageAttributes ?? []).Where(a => a.Key != MessageOrigin.Attribute)
            .Select(a => new SenderValue(a.Key, a.Value.DataType ?? "String", a.Value.StringValue, a.Value.BinaryValue?.ToArray()))]);

    // Halves of pairs become one and the same in UTF-8: two messages would be taken for one.
    private static string? AttributeText(Message message, string attribute) =>
        message.MessageAttributes?.GetValueOrDefault(attribute)?.StringValue is { Length: > 0 } text && SurrogatePairs.AreWhole(text) ? text : null;

    private static string? Text(Message message, string attribute) =>
        message.Attributes?.GetValueOrDefault(attribute);
}
