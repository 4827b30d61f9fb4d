using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoginEtl.Records;

/// <summary>The JSON form of a personal value. There is no way back from it.</summary>
internal sealed class RedactedConverter : JsonConverter<Plaintext>
{
    public override Plaintext Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("A personal value is not read from JSON.");

    public override void Write(Utf8JsonWriter writer, Plaintext value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Plaintext.Redacted);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, Plaintext value, JsonSerializerOptions options) =>
        writer.WritePropertyName(Plaintext.Redacted);
}
