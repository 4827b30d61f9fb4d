using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Direct;

/// <summary>
/// Signs calls by AWS Signature Version 4 (docs.aws.amazon.com, IAM user guide, "Create a signed AWS API request"), with one
/// signing key a day: the SDK derives it anew for each call. Thread-safe.
/// </summary>
internal sealed class RequestSigner(QueueEndpoint endpoint)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string Service = "sqs";
    private const string Terminator = "aws4_request";
    private volatile SigningKey? _key;

    /// <param name="fields">Headers of the call, beside those of a signature.</param>
    /// <param name="body">Of the call.</param>
    /// <param name="keys">Whose request it is.</param>
    /// <param name="now">UTC, as the server's clock has it.</param>
    public HttpRequestMessage Sign(IDictionary<string, string> fields, byte[] body, ImmutableCredentials keys, DateTime now)
    {
        var time = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var headers = new List<KeyValuePair<string, string>>(fields.Count + 4)
        {
            new("host", endpoint.Url.Authority),
            new("x-amz-content-sha256", Hash(body)),
            new("x-amz-date", time),
        };
        if (keys.UseToken)
        {
            headers.Add(new("x-amz-security-token", keys.Token));
        }

        foreach (var (name, value) in fields)
        {
            headers.Add(new(name.ToLowerInvariant(), value));
        }

        headers.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        var message = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        message.Headers.TryAddWithoutValidation("User-Agent", SdkSettings.UserAgent);
        message.Headers.TryAddWithoutValidation("Authorization", Authorization(headers, keys, time));
        return message;
    }

    private string Authorization(List<KeyValuePair<string, string>> headers, ImmutableCredentials keys, string time)
    {
        var canonical = new StringBuilder(1024).Append("POST\n").Append(endpoint.Url.AbsolutePath).Append("\n\n");
        foreach (var (name, value) in headers)
        {
            canonical.Append(name).Append(':').Append(value).Append('\n');
        }

        var signed = string.Join(';', headers.Select(h => h.Key));
        var body = headers.Find(h => h.Key == "x-amz-content-sha256").Value;
        canonical.Append('\n').Append(signed).Append('\n').Append(body);
        var day = time[..8];
        var scope = $"{day}/{endpoint.Region}/{Service}/{Terminator}";
        var text = $"{Algorithm}\n{time}\n{scope}\n{Hash(Encoding.UTF8.GetBytes(canonical.ToString()))}";
        var signature = Convert.ToHexStringLower(Mac(KeyOf(keys.SecretKey, day), text));
        return $"{Algorithm} Credential={keys.AccessKey}/{scope}, SignedHeaders={signed}, Signature={signature}";
    }

    private byte[] KeyOf(string secret, string day)
    {
        var key = _key;
        if (key is null || key.Day != day || key.Secret != secret)
        {
            var derived = Mac(Mac(Mac(Mac(Encoding.UTF8.GetBytes("AWS4" + secret), day), endpoint.Region), Service), Terminator);
            _key = key = new SigningKey(secret, day, derived);
        }

        return key.Bytes;
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Mac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    // No record: its text would show them.
    /// <param name="secret">What it was derived from.</param>
    /// <param name="day">For which it holds, <c>yyyyMMdd</c>.</param>
    /// <param name="bytes">The key.</param>
    private sealed class SigningKey(string secret, string day, byte[] bytes)
    {
        public string Secret => secret;

        public string Day => day;

        public byte[] Bytes => bytes;
    }
}
