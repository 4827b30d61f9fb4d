using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Transform;
using Amazon.SQS.Model;
using Amazon.SQS.Model.Internal.MarshallTransformations;
using LoginEtl.Aws.Calls;
using LoginEtl.Records;

namespace LoginEtl.Aws.Protocols;

/// <summary>
/// Reads the messages of an answer from its bytes. The SDK's own reader gives up a whole answer for one body that holds
/// half of a surrogate pair or bytes that are no UTF-8, and takes some of what is no answer for an empty queue; here such
/// a body is handed on with its fault, and what is no answer is refused. Refusals are read by the SDK.
/// </summary>
internal sealed class ReceiveUnmarshaller : ReceiveMessageResponseUnmarshaller
{
    // What a poll asks for: no string of its own for each message.
    private static readonly (byte[] Utf8, string Name)[] Attributes =
        [.. MessageAttributes.All.Select(name => (Encoding.UTF8.GetBytes(name), name))];

    // Larger than a login.
    private const int MostOnStack = 1024;

    public static ReceiveUnmarshaller Default { get; } = new();

    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext context) =>
        Read(WholeAnswer.BytesOf(context.Stream));

    /// <exception cref="JsonException">It is no answer to a receive; nothing of it is quoted.</exception>
    public static ReceiveMessageResponse Read(ReadOnlySpan<byte> answer) => new() { Messages = Read(answer, MessageNames.OfAnswer) };

    /// <summary>The messages in a text of another form.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="names">What its parts are called.</param>
    /// <exception cref="JsonException">It has not that form; nothing of it is quoted.</exception>
    public static List<Message> Read(ReadOnlySpan<byte> json, MessageNames names)
    {
        try
        {
            return JsonLiterals.AreWhole(json) ? ReadWhole(json, names) : throw Unreadable();
        }
        catch (InvalidOperationException)
        {
            // A name or a value beside the bodies that is no text.
            throw Unreadable();
        }
    }

    private static List<Message> ReadWhole(ReadOnlySpan<byte> json, MessageNames names)
    {
        var reader = new Utf8JsonReader(json);
        Next(ref reader, JsonTokenType.StartObject);
        List<Message> messages = [];
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals(names.Messages))
            {
                reader.Skip();
            }
            else if (Next(ref reader) != JsonTokenType.Null)
            {
                messages = Messages(ref reader, names);
            }
        }

        // Throws where something follows.
        reader.Read();
        return messages;
    }

    private static List<Message> Messages(ref Utf8JsonReader reader, MessageNames names)
    {
        Is(reader.TokenType, JsonTokenType.StartArray);
        var messages = new List<Message>(SqsQuotas.EntriesPerCall);
        while (Next(ref reader) != JsonTokenType.EndArray)
        {
            Is(reader.TokenType, JsonTokenType.StartObject);
            messages.Add(OneMessage(ref reader, names));
        }

        return messages;
    }

    private static SqsMessage OneMessage(ref Utf8JsonReader reader, MessageNames names)
    {
        var message = new SqsMessage();
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(names.Body))
            {
                (message.BodyBytes, message.BodyFault) = Body(ref reader);
            }
            else if (reader.ValueTextEquals(names.ReceiptHandle))
            {
                message.ReceiptHandle = Text(ref reader);
            }
            else if (reader.ValueTextEquals(names.MessageId))
            {
                message.MessageId = Text(ref reader);
            }
            else if (reader.ValueTextEquals(names.Md5OfBody))
            {
                message.MD5OfBody = Text(ref reader);
            }
            else if (reader.ValueTextEquals(names.Attributes))
            {
                message.Attributes = AttributesOf(ref reader);
            }
            else if (reader.ValueTextEquals(names.MessageAttributes))
            {
                message.MessageAttributes = MessageAttributesOf(ref reader, names);
            }
            else if (names.Source.Length > 0 && reader.ValueTextEquals(names.Source))
            {
                message.SourceArn = Text(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return message;
    }

    private static Dictionary<string, string?>? AttributesOf(ref Utf8JsonReader reader)
    {
        if (Next(ref reader) == JsonTokenType.Null)
        {
            return null;
        }

        Is(reader.TokenType, JsonTokenType.StartObject);
        var attributes = new Dictionary<string, string?>(Attributes.Length);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (Wanted(ref reader) is { } name)
            {
                attributes[name] = Text(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return attributes;
    }

    private static Dictionary<string, MessageAttributeValue>? MessageAttributesOf(ref Utf8JsonReader reader, MessageNames names)
    {
        if (Next(ref reader) != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        Dictionary<string, MessageAttributeValue> attributes = [];
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var name = TextOrNull(ref reader);
            var value = Next(ref reader) == JsonTokenType.StartObject ? AttributeValue(ref reader, names) : null;
            reader.Skip();
            if (name is not null && value is { StringValue: not null } or { BinaryValue: not null })
            {
                attributes[name!] = value;
            }
        }

        return attributes;
    }

    private static MessageAttributeValue AttributeValue(ref Utf8JsonReader reader, MessageNames names)
    {
        var value = new MessageAttributeValue();
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(names.StringValue))
            {
                Next(ref reader);
                value.StringValue = TextOrNull(ref reader);
            }
            else if (reader.ValueTextEquals(names.DataType))
            {
                Next(ref reader);
                value.DataType = TextOrNull(ref reader);
            }
            else if (reader.ValueTextEquals(names.BinaryValue))
            {
                value.BinaryValue = Next(ref reader) == JsonTokenType.String && reader.TryGetBytesFromBase64(out var bytes) ? new MemoryStream(bytes) : null;
            }
            else
            {
                Next(ref reader);
            }

            reader.Skip();
        }

        return value;
    }

    // What is odd about an attribute, half of a surrogate pair say, must not spoil its message, nor the others of the answer.
    private static string? TextOrNull(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName ? reader.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Wanted(ref Utf8JsonReader reader)
    {
        foreach (var (utf8, name) in Attributes)
        {
            if (reader.ValueTextEquals(utf8))
            {
                return name;
            }
        }

        return null;
    }

    private static (byte[]? Bytes, RejectReason? Fault) Body(ref Utf8JsonReader reader)
    {
        if (Next(ref reader) == JsonTokenType.Null)
        {
            return default;
        }

        Is(reader.TokenType, JsonTokenType.String);
        var raw = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            return (raw.ToArray(), Utf8.IsValid(raw) ? null : RejectReason.InvalidUtf8);
        }

        // Unescaping never makes text longer. The room for it is used again: a body is copied once more and no more.
        var rented = raw.Length > MostOnStack ? ArrayPool<byte>.Shared.Rent(raw.Length) : null;
        Span<byte> unescaped = rented is null ? stackalloc byte[MostOnStack] : rented;
        try
        {
            return (unescaped[..reader.CopyString(unescaped)].ToArray(), null);
        }
        catch (InvalidOperationException)
        {
            return (raw.ToArray(), Utf8.IsValid(raw) ? RejectReason.LoneSurrogate : RejectReason.InvalidUtf8);
        }
        finally
        {
            if (rented is not null)
            {
                // Personal data, for whoever rents it next.
                ArrayPool<byte>.Shared.Return(rented, clearArray: true);
            }
        }
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        if (Next(ref reader) == JsonTokenType.Null)
        {
            return null;
        }

        Is(reader.TokenType, JsonTokenType.String);
        return reader.GetString();
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw Unreadable();

    private static void Next(ref Utf8JsonReader reader, JsonTokenType expected) => Is(Next(ref reader), expected);

    private static void Is(JsonTokenType token, JsonTokenType expected)
    {
        if (token != expected)
        {
            throw Unreadable();
        }
    }

    private static JsonException Unreadable() => new("This is no answer to ReceiveMessage.");
}
