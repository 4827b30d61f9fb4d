using System.Text;
using System.Xml;
using System.Xml.Linq;
using Amazon.SQS.Model;
using LoginEtl.Records;

namespace LoginEtl.Aws.Protocols;

/// <summary>The result inside an answer: <c>&lt;XResponse&gt;&lt;XResult&gt;…</c>.</summary>
internal sealed class QueryAnswer
{
    private readonly XElement _result;
    private readonly bool _repaired;

    private QueryAnswer(XElement result, bool repaired) => (_result, _repaired) = (result, repaired);

    public string? QueueUrl => Text(_result, "QueueUrl");

    public List<string> QueueUrls => [.. _result.Elements("QueueUrl").Select(e => e.Value.Trim())];

    public string? NextToken => Text(_result, "NextToken");

    /// <exception cref="XmlException">It is no answer to this operation.</exception>
    public static QueryAnswer Read(string operation, byte[] answer)
    {
        var xml = QueryXml.Read(answer);
        return xml.Root.Name == operation + "Response"
            ? new QueryAnswer(xml.Root.Element(operation + "Result") ?? xml.Root, xml.Repaired)
            : throw new XmlException("This is no answer to the operation.");
    }

    /// <summary>Names and values of a queue, of which there may be none.</summary>
    public Dictionary<string, string?> Attributes() => Attributes(_result);

    public List<Message> Messages() => [.. _result.Elements("Message").Select(OneMessage)];

    public List<SendMessageBatchResultEntry> Succeeded(string entry) =>
    [
        .. _result.Elements(entry).Select(e => new SendMessageBatchResultEntry
        {
            Id = Text(e, "Id"), MessageId = Text(e, "MessageId"),
        }),
    ];

    public List<BatchResultErrorEntry> Failed() =>
    [
        .. _result.Elements("BatchResultErrorEntry").Select(e => new BatchResultErrorEntry
        {
            Id = Text(e, "Id"), Code = Text(e, "Code"), SenderFault = Text(e, "SenderFault") is "true" or "True" or "1",
        }),
    ];

    // Pretty-printed answers have blanks around values; a body's blanks are its own.
    private static string? Text(XElement element, string name) => element.Element(name)?.Value.Trim();

    private static Dictionary<string, string?> Attributes(XElement element)
    {
        var attributes = new Dictionary<string, string?>();
        foreach (var attribute in element.Elements("Attribute"))
        {
            if (Text(attribute, "Name") is { Length: > 0 } name)
            {
                attributes[name] = Text(attribute, "Value");
            }
        }

        return attributes;
    }

    private static Dictionary<string, MessageAttributeValue> MessageAttributes(XElement element)
    {
        var attributes = new Dictionary<string, MessageAttributeValue>();
        foreach (var attribute in element.Elements("MessageAttribute"))
        {
            // A value's blanks are its own.
            if (Text(attribute, "Name") is { Length: > 0 } name)
            {
                var value = attribute.Element("Value");
                attributes[name] = new MessageAttributeValue
                {
                    StringValue = value?.Element("StringValue")?.Value,
                    DataType = value?.Element("DataType")?.Value,
                    BinaryValue = Binary(value?.Element("BinaryValue")?.Value),
                };
            }
        }

        return attributes;
    }

    private static MemoryStream? Binary(string? text)
    {
        var bytes = new byte[text?.Length ?? 0];
        return text is not null && Convert.TryFromBase64String(text, bytes, out var length) ? new MemoryStream(bytes, 0, length) : null;
    }

    private SqsMessage OneMessage(XElement element)
    {
        var message = new SqsMessage
        {
            MessageId = Text(element, "MessageId"),
            ReceiptHandle = Text(element, "ReceiptHandle"),
            MD5OfBody = Text(element, "MD5OfBody"),
            Attributes = Attributes(element),
            MessageAttributes = MessageAttributes(element),
        };
        if (element.Element("Body")?.Value is { } text)
        {
            message.BodyBytes = Encoding.UTF8.GetBytes(text);
            // Character references can spell half a pair.
            message.BodyFault = !SurrogatePairs.AreWhole(text) ? RejectReason.LoneSurrogate
                : IsRepaired(message, text) ? RejectReason.InvalidUtf8
                : null;
        }

        return message;
    }

    // Something in the answer was repaired, and here stands what repairs leave, or what was sent: the checksum tells.
    private bool IsRepaired(SqsMessage message, string text) =>
        _repaired && text.Contains('\uFFFD', StringComparison.Ordinal)
        && BodyChecksum.Matches(message.BodyBytes, message.MD5OfBody) != true;
}
