using System.Net;
using System.Text.Json;
using System.Xml;
using LoginEtl.Sqs.Client.Wire;

namespace LoginEtl.Sqs.Client;

/// <summary>Reads the error code of a refusal, which may be JSON or XML in either protocol, or a proxy's HTML.</summary>
internal static class SqsErrorBody
{
    private const int LongestCode = 100;

    /// <summary>The code, made of letters, digits, dots, dashes and underscores; null when there is none.</summary>
    /// <param name="status">The answer's.</param>
    /// <param name="body">The answer's bytes.</param>
    /// <param name="queryError">The header <c>x-amzn-query-error</c>: "code;Sender".</param>
    public static string? Code(HttpStatusCode status, byte[] body, string? queryError) =>
        LacksAction(status, body)
            ? SqsErrorCodes.MissingAction
            : Clean(FromJson(body)) ?? Clean(FromXml(body)) ?? Clean(queryError?.Split(';')[0]);

    /// <summary>
    /// LocalStack before 3.0 knows the Query protocol only, and calls JSON an internal error: what it is about stands
    /// in the message alone (github.com/localstack/localstack/issues/9610).
    /// </summary>
    private static bool LacksAction(HttpStatusCode status, byte[] body) =>
        status == HttpStatusCode.InternalServerError && body.AsSpan().IndexOf("Missing Action"u8) >= 0;

    private static string? FromJson(byte[] body)
    {
        try
        {
            var type = JsonSerializer.Deserialize(body, WireJson.Default.ErrorResponse)?.Type;
            return type?[(type.LastIndexOf('#') + 1)..];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? FromXml(byte[] body)
    {
        try
        {
            using var stream = new MemoryStream(body);
            using var reader = XmlReader.Create(stream, new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                MaxCharactersInDocument = 1 << 20,
            });
            while (reader.Read())
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

    /// <summary>A code that is safe to show; null for anything else.</summary>
    public static string? Clean(string? code) =>
        code is { Length: > 0 and <= LongestCode }
        && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            ? code
            : null;
}
