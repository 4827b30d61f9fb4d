using System.Text;
using System.Text.Json;

namespace LoginEtl.Decoding;

/// <summary>Finds one field of a login, known to the schema or not.</summary>
internal static class FieldReader
{
    /// <summary>A string or a number, told apart; null where there is none, or another kind of value.</summary>
    /// <param name="login">Was decoded: it is JSON, and no key is repeated.</param>
    /// <param name="name">The key.</param>
    public static string? Find(ReadOnlySpan<byte> login, string name)
    {
        var reader = new Utf8JsonReader(login, new JsonReaderOptions { MaxDepth = LoginReader.MaxDepth + 1 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(name))
            {
                reader.Read();
                return Value(ref reader);
            }

            reader.Skip();
        }

        return null;
    }

    private static string? Value(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString() is { Length: > 0 } text ? "text " + text : null,
                JsonTokenType.Number => "number " + Encoding.ASCII.GetString(reader.ValueSpan),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair, which many others would become the same as.
            return null;
        }
    }
}
