using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace LoginEtl.Sandbox.Servers;

/// <summary>A call on its way through a <see cref="SqsProxy"/>.</summary>
internal sealed class ProxiedCall(
    HttpRequestText request, Stream client, HttpClient http, Uri server, CancellationToken ended)
{
    private const string ContentType = "application/x-amz-json-1.0";

    /// <summary>As SQS names it: ReceiveMessage.</summary>
    public string Operation { get; } = (request.Header("X-Amz-Target") ?? "").Split('.')[^1];

    /// <summary>Its body, a new object each time.</summary>
    public JsonObject Request => JsonNode.Parse(request.Body)!.AsObject();

    /// <summary>When the client says it was signed, by the client's clock; null when it does not say.</summary>
    public DateTimeOffset? SignedAt => DateTimeOffset.TryParseExact(request.Header("X-Amz-Date"),
        "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;

    /// <summary>The id of the access key that it is signed with; null when it is not signed.</summary>
    public string? AccessKeyId => request.Header("Authorization")?.Split("Credential=")[^1].Split('/')[0];

    /// <summary>Whether the client has its answer. Otherwise the connection is cut.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Whether the client has hung up, and reads no answer any more.</summary>
    public bool IsAbandoned => client is NetworkStream { Socket: { } socket } && socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;

    /// <summary>Stops when the proxy does.</summary>
    public CancellationToken Ended => ended;

    /// <summary>What the server answers to this call.</summary>
    public Task<ProxiedAnswer> PassOnAsync() => SendAsync(Operation, request.Body);

    /// <summary>What the server answers to another call of the same client.</summary>
    public Task<ProxiedAnswer> SendAsync(string operation, JsonObject body) => SendAsync(operation, body.ToJsonString());

    /// <summary>Answers the client.</summary>
    public async Task AnswerAsync(ProxiedAnswer answer)
    {
        await client.WriteAsync(Bytes(answer), ended);
        IsAnswered = true;
    }

    /// <summary>Answers with half of the body, and hangs up.</summary>
    public async Task TruncateAsync(ProxiedAnswer answer) =>
        await client.WriteAsync(Bytes(answer).AsMemory(..^(Encoding.UTF8.GetByteCount(answer.Body) / 2)), ended);

    private static byte[] Bytes(ProxiedAnswer answer) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"HTTP/1.1 {answer.Status} {answer.Status}\r\nContent-Type: {ContentType}\r\nDate: {answer.Date ?? DateTimeOffset.UtcNow:r}\r\n" +
        $"Content-Length: {Encoding.UTF8.GetByteCount(answer.Body)}\r\n\r\n{answer.Body}"));

    private async Task<ProxiedAnswer> SendAsync(string operation, string body)
    {
        using var call = new HttpRequestMessage(HttpMethod.Post, server) { Content = new StringContent(body) };
        call.Content.Headers.Remove("Content-Type");
        call.Content.Headers.TryAddWithoutValidation("Content-Type", request.Header("Content-Type"));
        call.Headers.TryAddWithoutValidation("X-Amz-Target", $"AmazonSQS.{operation}");
        foreach (string name in new[] { "Authorization", "X-Amz-Date" })
            if (request.Header(name) is { } value) call.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage answer = await http.SendAsync(call, ended);
        return new ProxiedAnswer((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(ended));
    }
}
