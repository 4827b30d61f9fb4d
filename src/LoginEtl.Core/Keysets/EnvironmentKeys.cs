using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>Keysets from an environment variable: one JSON object whose members are Tink keysets by name.</summary>
internal static class EnvironmentKeys
{
    public static Keyring Read(string variable)
    {
        var source = $"env:{variable}";
        var value = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrWhiteSpace(value))
        {
            throw new LoginEtlException(
                "KeysetNotFound", FaultKind.Keys, $"The environment variable {variable} is not set.",
                "Set it to one JSON object with the members ip, device_id, line_id and quarantine, each a Tink keyset.");
        }

        var json = Encoding.UTF8.GetBytes(value);
        try
        {
            return new Keyring(source, Parse(json, source),
                [$"Keys from {source} can be read by every process of this user and may be inherited; file: is safer."]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }

    /// <exception cref="LoginEtlException"><c>KeysetInvalid</c>; nothing of the content is quoted.</exception>
    internal static Dictionary<string, Keyset> Parse(ReadOnlySpan<byte> json, string source)
    {
        var keysets = new Dictionary<string, Keyset>();
        try
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
                if (KeyAttribute.All.Contains(name))
                {
                    keysets[name] = KeysetJson.ParseKeyset(ref reader, $"{source} ({name})");
                }
                else
                {
                    reader.Skip();
                }
            }

            reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            // Such exceptions may quote the content: neither text nor cause goes on.
            throw Keyset.Invalid(source, "it is not one JSON object of Tink keysets by name");
        }

        return keysets;
    }
}
