using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Aws;

/// <summary>
/// Speaks as much of AWS KMS as keysets need, on loopback: Encrypt and Decrypt under one key, AES-GCM bound to the encryption
/// context; calls that are not signed for KMS are refused. It exists because no package brings such a server.
/// </summary>
internal sealed class KmsServer : IDisposable
{
    public const string Arn = "arn:aws:kms:eu-central-1:123456789012:key/0c5a2b5e-8d0e-4f4b-9a39-1f2f0c1c9a77";
    private const string Alias = "alias/login-etl";
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly LoopbackHttp _server;

    public KmsServer() => _server = new LoopbackHttp(AnswerAsync);

    public string Url => _server.Url.AbsoluteUri;

    /// <summary>Operation and encryption context of every call, and the port that it came from.</summary>
    public List<(string Operation, string? Context, int Connection)> Calls { get; } = [];

    /// <summary>Answers every call with this error instead.</summary>
    public (int Status, string Code)? Refusal { get; set; }

    public void Dispose() => _server.Dispose();

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var (status, answer) = await AnswerAsync(context.Request);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/x-amz-json-1.1";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer.ToJsonString()));
        context.Response.Close();
    }

    private async Task<(int Status, JsonObject Answer)> AnswerAsync(HttpListenerRequest request)
    {
        var authorization = request.Headers["Authorization"] ?? "";
        if (!authorization.StartsWith("AWS4-HMAC-SHA256 ", StringComparison.Ordinal) || !authorization.Contains("/kms/aws4_request", StringComparison.Ordinal)
            || !authorization.Contains("x-amz-target", StringComparison.Ordinal))
        {
            return Error(400, "MissingAuthenticationTokenException");
        }

        if (Refusal is { } refusal)
        {
            return Error(refusal.Status, refusal.Code);
        }

        var body = JsonNode.Parse(await new StreamReader(request.InputStream).ReadToEndAsync())!;
        var operation = request.Headers["X-Amz-Target"]!.Split('.') is ["TrentService", var name] ? name : "";
        var context = (string?)body["EncryptionContext"]?["associatedData"];
        Calls.Add((operation, context, request.RemoteEndPoint.Port));
        if ((string?)body["KeyId"] is { } key && key is not (Arn or Alias))
        {
            return Error(400, operation == "Decrypt" ? "IncorrectKeyException" : "NotFoundException");
        }

        var bound = Encoding.UTF8.GetBytes(body["EncryptionContext"]?.ToJsonString() ?? "");
        using var aes = new AesGcm(_key, 16);
        if (operation == "Encrypt")
        {
            var plaintext = Convert.FromBase64String((string)body["Plaintext"]!);
            var sealedBytes = new byte[12 + plaintext.Length + 16];
            RandomNumberGenerator.Fill(sealedBytes.AsSpan(0, 12));
            aes.Encrypt(sealedBytes.AsSpan(0, 12), plaintext, sealedBytes.AsSpan(12, plaintext.Length), sealedBytes.AsSpan(12 + plaintext.Length), bound);
            return (200, new JsonObject { ["CiphertextBlob"] = Convert.ToBase64String(sealedBytes), ["KeyId"] = Arn });
        }

        var blob = Convert.FromBase64String((string)body["CiphertextBlob"]!);
        try
        {
            var plaintext = new byte[blob.Length - 28];
            aes.Decrypt(blob.AsSpan(0, 12), blob.AsSpan(12, plaintext.Length), blob.AsSpan(blob.Length - 16), plaintext, bound);
            return (200, new JsonObject { ["Plaintext"] = Convert.ToBase64String(plaintext), ["KeyId"] = Arn });
        }
        catch (CryptographicException)
        {
            return Error(400, "InvalidCiphertextException");
        }
    }

    private static (int, JsonObject) Error(int status, string code) => (status, new JsonObject { ["__type"] = code, ["message"] = "a canary of the service" });
}
