using System.Text;
using System.Xml;
using System.Xml.Linq;
using LoginEtl.Records;
using LoginEtl.Sqs.Client.Wire;

namespace LoginEtl.Sqs.Client.Query;

/// <summary>The result inside an answer: <c>&lt;XResponse&gt;&lt;XResult&gt;…</c>.</summary>
internal sealed class QueryAnswer
{
    private readonly XElement _result;
    private readonly bool _repaired;

    private QueryAnswer(XElement result, bool repaired) => (_result, _repaired) = (result, repaired);

    public string? QueueUrl => Text(_result, "QueueUrl");

    /// <exception cref="SqsException">It is no answer to this operation.</exception>
    public static QueryAnswer Read(string operation, byte[] answer)
    {
        try
        {
            var xml = QueryXml.Read(answer);
            return xml.Root.Name == operation + "Response"
                ? new QueryAnswer(xml.Root.Element(operation + "Result") ?? xml.Root, xml.Repaired)
                : throw new SqsException(operation, SqsFault.Garbled, "UnreadableAnswer");
        }
        catch (XmlException)
        {
            // Its text may quote what it could not read.
            throw new SqsException(operation, SqsFault.Garbled, answer.Length == 0 ? "EmptyAnswer" : "UnreadableAnswer");
        }
    }

    /// <summary>Names and values of a queue, of which there may be none.</summary>
    public Dictionary<string, string?> Attributes() => Attributes(_result);

    public List<WireMessage> Messages() =>
    [
        .. _result.Elements("Message").Select(m => new WireMessage(
            Text(m, "MessageId"), Text(m, "ReceiptHandle"), Text(m, "MD5OfBody"), Body(m), Attributes(m))),
    ];

    public BatchResponse Batch(string successEntry) => new(
        [.. _result.Elements(successEntry).Select(e => new SucceededEntry(Text(e, "Id"), Text(e, "MessageId")))],
        [
            .. _result.Elements("BatchResultErrorEntry").Select(e => new FailedEntry(
                Text(e, "Id"), Text(e, "Code"), Text(e, "SenderFault") is "true" or "True" or "1")),
        ]);

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

    private WireBody? Body(XElement message)
    {
        if (message.Element("Body")?.Value is not { } text)
        {
            return null;
        }

        var utf8 = Encoding.UTF8.GetBytes(text);
        // Character references can spell half a pair.
        RejectReason? fault = !SurrogatePairs.AreWhole(text) ? RejectReason.LoneSurrogate
            : IsRepaired(message, text, utf8) ? RejectReason.InvalidUtf8
            : null;
        return new WireBody(utf8, fault);
    }

    // Something in the answer was repaired, and here stands what repairs leave, or what was sent: the checksum tells.
    private bool IsRepaired(XElement message, string text, byte[] utf8) =>
        _repaired && text.Contains('\uFFFD', StringComparison.Ordinal)
        && !(Text(message, "MD5OfBody") is { } md5 && BodyChecksum.Matches(utf8, md5));
}
