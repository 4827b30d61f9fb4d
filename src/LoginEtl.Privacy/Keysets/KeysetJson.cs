using System.Buffers.Text;
using System.Text.Json;

namespace LoginEtl.Keysets;

/// <summary>
/// Tink's JSON keyset form, read from bytes and written to bytes: key material never becomes a string, which could
/// not be zeroed.
/// </summary>
internal static class KeysetJson
{
    /// <param name="json">UTF-8; the caller zeroes it.</param>
    /// <param name="source">Where it was read, for messages.</param>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>; nothing of the content is quoted.</exception>
    public static Keyset Parse(ReadOnlySpan<byte> json, string source)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            using var unfinished = new UnfinishedKeys();
            var keyset = ParseKeyset(ref reader, source, unfinished);
            Expect(!reader.Read());
            return unfinished.Keep(keyset);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            // Such exceptions may quote the content: neither text nor cause goes on.
            throw Keyset.Invalid(source, "it is not a Tink JSON keyset");
        }
    }

    /// <summary>Reads a keyset from the object the reader stands on.</summary>
    public static Keyset ParseKeyset(ref Utf8JsonReader reader, string source)
    {
        using var unfinished = new UnfinishedKeys();
        return unfinished.Keep(ParseKeyset(ref reader, source, unfinished));
    }

    // A member that comes twice says two things of one key: neither is believed.
    private static Keyset ParseKeyset(ref Utf8JsonReader reader, string source, UnfinishedKeys unfinished)
    {
        List<KeysetKey>? keys = null;
        uint? primary = null;
        string? type = null;
        Expect(reader.TokenType == JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("primaryKeyId"u8))
            {
                reader.Read();
                Expect(primary is null);
                primary = reader.GetUInt32();
            }
            else if (reader.ValueTextEquals("key"u8))
            {
                reader.Read();
                Expect(keys is null && reader.TokenType == JsonTokenType.StartArray);
                keys = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var (key, keyType) = ParseKey(ref reader, unfinished);
                    keys.Add(key);
                    Expect(type is null || keyType is null || type == keyType);
                    type ??= keyType;
                }
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        Expect(primary is not null && type is not null);
        return new Keyset(source, type!, primary!.Value, keys!);
    }

    public static void Write(Utf8JsonWriter json, string typeUrl, string materialType, uint primary, IEnumerable<KeysetKey> keys)
    {
        json.WriteStartObject();
        json.WriteNumber("primaryKeyId", primary);
        json.WriteStartArray("key");
        foreach (var key in keys)
        {
            json.WriteStartObject();
            if (key.Status != KeyStatus.Destroyed)
            {
                json.WriteStartObject("keyData");
                json.WriteString("typeUrl", typeUrl);
                json.WriteBase64String("value", key.Material.Span);
                json.WriteString("keyMaterialType", materialType);
                json.WriteEndObject();
            }

            json.WriteString("status", key.Status.ToString().ToUpperInvariant());
            json.WriteNumber("keyId", key.Id);
            json.WriteString("outputPrefixType", "TINK");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static (KeysetKey Key, string? Type) ParseKey(ref Utf8JsonReader reader, UnfinishedKeys unfinished)
    {
        uint? id = null;
        KeyStatus? status = null;
        (string Type, KeyBytes Material)? data = null;
        bool? prefixed = null;
        Expect(reader.TokenType == JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "keyId":
                    Expect(id is null);
                    id = reader.GetUInt32();
                    break;
                case "status":
                    Expect(status is null);
                    status = reader.GetString() switch
                    {
                        "ENABLED" => KeyStatus.Enabled,
                        "DISABLED" => KeyStatus.Disabled,
                        "DESTROYED" => KeyStatus.Destroyed,
                        _ => throw Malformed(),
                    };
                    break;
                case "outputPrefixType":
                    Expect(prefixed is null);
                    prefixed = reader.ValueTextEquals("TINK"u8);
                    break;
                case "keyData":
                    Expect(data is null);
                    data = ParseKeyData(ref reader, unfinished);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        // Tink leaves out the data of a destroyed key.
        Expect(id is not null && status is not null && (data is not null || status == KeyStatus.Destroyed) && prefixed == true);
        return (new KeysetKey(id!.Value, status!.Value, data?.Material ?? new KeyBytes(0)), data?.Type);
    }

    private static (string Type, KeyBytes Material) ParseKeyData(ref Utf8JsonReader reader, UnfinishedKeys unfinished)
    {
        string? type = null;
        KeyBytes? material = null;
        Expect(reader.TokenType == JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "typeUrl":
                    Expect(type is null);
                    type = reader.GetString();
                    break;
                case "value":
                    Expect(material is null);
                    material = unfinished.Add(DecodeBase64(ref reader));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Expect(type is not null && material is not null);
        return (type!, material!);
    }

    private static KeyBytes DecodeBase64(ref Utf8JsonReader reader)
    {
        // Copied, because JSON may escape the '+' of base64.
        using var text = new KeyBytes(reader.HasValueSequence ? checked((int)reader.ValueSequence.Length) : reader.ValueSpan.Length);
        var length = reader.CopyString(text.Span);
        var status = Base64.DecodeFromUtf8InPlace(text.Span[..length], out var decoded);
        Expect(status == System.Buffers.OperationStatus.Done);
        return KeyBytes.CopyOf(text.Span[..decoded]);
    }

    private static void Expect(bool holds)
    {
        if (!holds)
        {
            throw Malformed();
        }
    }

    private static FormatException Malformed() => new("Not a keyset.");
}
