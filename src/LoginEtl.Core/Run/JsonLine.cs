using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LoginEtl.Run;

/// <summary>Named values as one line of JSON, for programs that read receipts and logs.</summary>
public static class JsonLine
{
    // It stands in no page, and people read it, too: quotes as quotes.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="fields">Text, numbers, truths, times and counts of calls; other values as their text, and null where there is none.</param>
    public static string Of(IEnumerable<(string Name, object? Value)> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            foreach (var (name, value) in fields)
            {
                json.WritePropertyName(name);
                Write(json, value);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool truth: json.WriteBooleanValue(truth); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case double number: json.WriteNumberValue(number); break;
            case DateTimeOffset time: json.WriteStringValue(time); break;
            case CallCounts calls:
                json.WriteStartObject();
                foreach (var (operation, count) in calls.ByOperation)
                {
                    json.WriteNumber(operation, count);
                }

                json.WriteEndObject();
                break;
            default: json.WriteStringValue($"{value}"); break;
        }
    }
}
