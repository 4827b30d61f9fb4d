using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LoginEtl.Bench.Endpoint;

/// <summary>A body as it goes over the wire, made once: every answer would make it again.</summary>
internal sealed class MessageBody
{
    private readonly string _text;
    private byte[]? _xml;

    public MessageBody(string text)
    {
        _text = text;
        Json = JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.ToArray();
#pragma warning disable CA5351 // SQS names a body by its MD5; nothing is kept safe by it.
        Md5 = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text))));
#pragma warning restore CA5351
    }

    /// <summary>Inside the quotes of a JSON string, which has no more escapes in it than AWS writes.</summary>
    public byte[] Json { get; }

    /// <summary>Inside an XML element. A bare carriage return would be read as a line feed.</summary>
    public byte[] Xml => _xml ??= Encoding.UTF8.GetBytes(
        WebUtility.HtmlEncode(_text).Replace("\r", "&#xD;", StringComparison.Ordinal));

    /// <summary>32 hexadecimal digits.</summary>
    public byte[] Md5 { get; }
}
