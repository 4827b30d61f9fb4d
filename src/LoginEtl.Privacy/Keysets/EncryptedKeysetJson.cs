using System.Text.Json;

namespace LoginEtl.Keysets;

/// <summary>
/// Tink's JSON form of an encrypted keyset: <c>encryptedKeyset</c>, and <c>keysetInfo</c> with ids and states for people to
/// read. The latter is written and never believed.
/// </summary>
internal static class EncryptedKeysetJson
{
    private const string Ciphertext = "encryptedKeyset";

    /// <summary>The ciphertext; null where the document is something else, a keyset in clear say.</summary>
    public static byte[]? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 } && reader.ValueTextEquals(Ciphertext))
                {
                    reader.Read();
                    return reader.GetBytesFromBase64();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // Whoever reads it as a keyset in clear says what is wrong.
        }

        return null;
    }

    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> ciphertext, KeyTemplate form, uint primary, IEnumerable<KeysetKey> keys)
    {
        json.WriteStartObject();
        json.WriteBase64String(Ciphertext, ciphertext);
        json.WriteStartObject("keysetInfo");
        json.WriteNumber("primaryKeyId", primary);
        json.WriteStartArray("keyInfo");
        foreach (var key in keys)
        {
            json.WriteStartObject();
            json.WriteString("typeUrl", form.TypeUrl);
            json.WriteString("status", key.Status.ToString().ToUpperInvariant());
            json.WriteNumber("keyId", key.Id);
            json.WriteString("outputPrefixType", "TINK");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
