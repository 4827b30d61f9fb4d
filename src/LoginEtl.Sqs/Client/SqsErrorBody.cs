using System.Net;
using System.Text.Json;
using System.Xml;

namespace LoginEtl.Sqs.Client;

/// <summary>Reads the error code of a refusal, which may be JSON or XML in either protocol, or a proxy's HTML.</summary>
internal static class SqsErrorBody
{
    private const int LongestCode = 100;

    // A refusal of SQS has some hundred bytes with its code at their beginning, four elements deep; a proxy's page may have any.
    private const int LongestRead = 16 * 1024;
    private const int Deepest = 16;

    /// <summary>The code, made of letters, digits, dots, dashes and underscores; null when there is none.</summary>
    /// <param name="status">The answer's.</param>
    /// <param name="body">The answer's bytes.</param>
    /// <param name="queryError">The header <c>x-amzn-query-error</c>: "code;Sender".</param>
    public static string? Code(HttpStatusCode status, byte[] body, string? queryError) =>
        LacksAction(status, body)
            ? SqsErrorCodes.MissingAction
            : Clean(FromJson(body.AsSpan(0, Math.Min(body.Length, LongestRead))))
                ?? Clean(FromXml(new MemoryStream(body, 0, Math.Min(body.Length, LongestRead), writable: false)))
                ?? Clean(Before(';', queryError));

    /// <summary>
    /// LocalStack before 3.0 knows the Query protocol only, and calls JSON an internal error: what it is about stands
    /// in the message alone (github.com/localstack/localstack/issues/9610).
    /// </summary>
    private static bool LacksAction(HttpStatusCode status, byte[] body) =>
        status == HttpStatusCode.InternalServerError && body.AsSpan().IndexOf("Missing Action"u8) >= 0;

    // The server's message is not read: it may quote handles and bodies. Nor is the end asked for, which may be cut off.
    private static string? FromJson(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
                if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 } && reader.ValueTextEquals("__type"u8))
                {
                    reader.Read();
                    var type = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
                    return type[(type.LastIndexOf('#') + 1)..];
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // XML, or nothing that has a code.
        }

        return null;
    }

    private static string? FromXml(MemoryStream body)
    {
        try
        {
            using var reader = XmlReader.Create(body, new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
            });
            while (reader.Read() && reader.Depth <= Deepest)
            {
                if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "Code")
                {
                    return reader.ReadElementContentAsString();
                }
            }
        }
        catch (XmlException)
        {
            // HTML, or nothing that has a code.
        }

        return null;
    }

    private static string? Before(char end, string? text) =>
        text?.IndexOf(end, StringComparison.Ordinal) is >= 0 and var at ? text[..at] : text;

    /// <summary>A code that is safe to show; null for anything else.</summary>
    public static string? Clean(string? code) =>
        code is { Length: > 0 and <= LongestCode }
        && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            ? code
            : null;
}
