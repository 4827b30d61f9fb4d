using System.Text.Json;

namespace LoginEtl.Keysets;

/// <summary>All keysets in one: a JSON object whose members are Tink keysets by name, as a variable or a secret holds it.</summary>
internal static class KeysetDocument
{
    /// <summary>What such a document is, for remedies.</summary>
    public const string Shape = "one JSON object whose members are Tink keysets by name: ip, device_id, line_id, quarantine, and those that other methods take";

    /// <exception cref="Faults.LoginEtlException"><c>KeysetInvalid</c>; nothing of the content is quoted.</exception>
    public static Dictionary<string, Keyset> Parse(ReadOnlySpan<byte> json, string source)
    {
        var keysets = new Dictionary<string, Keyset>();
        try
        {
            Parse(json, source, keysets);
            return keysets;
        }
        catch (Exception e)
        {
            foreach (var keyset in keysets.Values)
            {
                keyset.Dispose();
            }

            // Such exceptions may quote the content: neither text nor cause goes on.
            if (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
            {
                throw Keyset.Invalid(source, "it is not one JSON object of Tink keysets by name");
            }

            throw;
        }
    }

    private static void Parse(ReadOnlySpan<byte> json, string source, Dictionary<string, Keyset> keysets)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException();
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (keysets.ContainsKey(name))
            {
                // Which of the two would be masked with?
                throw new FormatException();
            }

            if (KeysetName.All.Contains(name))
            {
                keysets.Add(name, KeysetJson.ParseKeyset(ref reader, $"{source} ({name})"));
            }
            else
            {
                reader.Skip();
            }
        }

        reader.Read();
    }
}
