using System.Text.Json;
using System.Xml;
using LoginEtl.Sqs.Client.Wire;

namespace LoginEtl.Sqs.Client;

/// <summary>Reads the error code of a refusal, which may be JSON or XML in either protocol, or a proxy's HTML.</summary>
internal static class SqsErrorBody
{
    private const int LongestCode = 100;

    /// <summary>The code, made of letters, digits, dots, dashes and underscores; null when there is none.</summary>
    /// <param name="body">The answer's bytes.</param>
    /// <param name="queryError">The header <c>x-amzn-query-error</c>: "code;Sender".</param>
    public static string? Code(byte[] body, string? queryError) =>
        Clean(FromJson(body)) ?? Clean(FromXml(body)) ?? Clean(queryError?.Split(';')[0]);

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
