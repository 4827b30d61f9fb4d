using System.Text;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Transform;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Protocols;

/// <summary>
/// Lets the SDK read an answer once its lists and maps are known to be such. Of a number where a list should be, or in
/// it, the SDK reads on behind the answer's end, adding to the list, until there is no memory; no timeout ends that.
/// </summary>
/// <param name="inner">Reads what has its shape, and refusals.</param>
internal sealed class ShapedUnmarshaller(JsonResponseUnmarshaller inner) : JsonResponseUnmarshaller
{
    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext context)
    {
        var answer = WholeAnswer.BytesOf(context.Stream);
        try
        {
            Check(answer);
        }
        catch (InvalidOperationException)
        {
            // A name that is no text.
            throw Unreadable();
        }

        using var whole = new JsonUnmarshallerContext(new MemoryStream(answer, writable: false), false, context.ResponseData);
        return inner.Unmarshall(whole);
    }

    public override AmazonServiceException UnmarshallException(
        JsonUnmarshallerContext context, Exception innerException, System.Net.HttpStatusCode statusCode) =>
        inner.UnmarshallException(context, innerException, statusCode);

    /// <exception cref="JsonException">It is no JSON, or has not the shape of an answer; nothing of it is quoted.</exception>
    private static void Check(ReadOnlySpan<byte> answer)
    {
        if (!JsonLiterals.AreWhole(answer))
        {
            throw Unreadable();
        }

        var reader = new Utf8JsonReader(answer);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
            {
                continue;
            }

            if (Is(ref reader, "Successful"u8) || Is(ref reader, "Failed"u8))
            {
                CheckAll(ref reader, JsonTokenType.StartArray, isEntry: true);
            }
            else if (Is(ref reader, "QueueUrls"u8))
            {
                CheckAll(ref reader, JsonTokenType.StartArray, isEntry: false);
            }
            else if (Is(ref reader, "Attributes"u8))
            {
                CheckAll(ref reader, JsonTokenType.StartObject, isEntry: false);
            }
        }
    }

    // The SDK's names, whatever their case.
    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan, name);

    private static void CheckAll(ref Utf8JsonReader reader, JsonTokenType start, bool isEntry)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != start)
        {
            throw Unreadable();
        }

        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                reader.Read();
            }

            // A number for a text does no harm.
            var isNested = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
            if (isEntry ? reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null) : isNested)
            {
                throw Unreadable();
            }

            reader.Skip();
        }
    }

    private static JsonException Unreadable() => new("This is no answer of SQS.");
}
