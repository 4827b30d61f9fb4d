using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using LoginEtl.Records;

namespace LoginEtl.Sqs.Client.Wire;

/// <summary>
/// Reads a body's bytes. One that holds half of a surrogate pair or bytes that are no UTF-8 must not spoil the other
/// messages of its answer, so it is handed on with its fault.
/// </summary>
internal sealed class WireBodyConverter : JsonConverter<WireBody>
{
    public override WireBody Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException();
        }

        var raw = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            return new WireBody(raw.ToArray(), Utf8.IsValid(raw) ? null : RejectReason.InvalidUtf8);
        }

        // Unescaping never makes text longer.
        var unescaped = new byte[raw.Length];
        try
        {
            var length = reader.CopyString(unescaped);
            return new WireBody(unescaped[..length]);
        }
        catch (InvalidOperationException)
        {
            return new WireBody(
                raw.ToArray(), Utf8.IsValid(raw) ? RejectReason.LoneSurrogate : RejectReason.InvalidUtf8);
        }
    }

    public override void Write(Utf8JsonWriter writer, WireBody value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Bodies are only received in this form.");
}
