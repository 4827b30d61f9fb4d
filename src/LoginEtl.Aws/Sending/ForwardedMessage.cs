using System.Globalization;
using System.Text;
using Amazon.SQS.Model;
using LoginEtl.Ports;
using LoginEtl.Records;

namespace LoginEtl.Aws.Sending;

/// <summary>A message that is sent on, as SQS takes it.</summary>
internal static class ForwardedMessage
{
    /// <param name="message">As it came.</param>
    /// <param name="index">Its place among those that are sent.</param>
    public static SendMessageBatchRequestEntry Entry(OutgoingMessage message, int index)
    {
        var (body, attributes, origin, group, deduplicationId) = message.Read();
        return new SendMessageBatchRequestEntry(index.ToString(CultureInfo.InvariantCulture), body)
        {
            MessageGroupId = group,
            // Given also where the queue would make one of the body: the same body may come twice.
            MessageDeduplicationId = group is null ? null : deduplicationId,
            MessageAttributes = attributes.Read().Select(a => a.Read())
                .ToDictionary(a => a.Name, a => new MessageAttributeValue { DataType = a.DataType, StringValue = a.Text, BinaryValue = a.Bytes is null ? null : new MemoryStream(a.Bytes) })
                .Append(new(MessageOrigin.Attribute, new MessageAttributeValue { DataType = "String", StringValue = origin })).ToDictionary(),
        };
    }

    /// <summary>Bytes that SQS counts: of the body, and of names, types and values of attributes (SQS developer guide, "Amazon SQS message quotas").</summary>
    public static int Size(SendMessageBatchRequestEntry entry) => Encoding.UTF8.GetByteCount(entry.MessageBody)
        + entry.MessageAttributes.Sum(a => Encoding.UTF8.GetByteCount(a.Key) + Encoding.UTF8.GetByteCount(a.Value.DataType)
            + (a.Value.BinaryValue is { } bytes ? (int)bytes.Length : Encoding.UTF8.GetByteCount(a.Value.StringValue ?? "")));
}
