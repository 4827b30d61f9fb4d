using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace LoginEtl.Sandbox.Servers;

/// <summary>A call on its way through a <see cref="SqsProxy"/>.</summary>
internal sealed class ProxiedCall(
    HttpListenerContext context, string body, HttpClient http, Uri server, CancellationToken ended)
{
    private const string ContentType = "application/x-amz-json-1.0";
    private const string DateHeader = "Date";

    /// <summary>As SQS names it: ReceiveMessage.</summary>
    public string Operation { get; } = (context.Request.Headers["X-Amz-Target"] ?? "").Split('.')[^1];

    /// <summary>Its body, a new object each time.</summary>
    public JsonObject Request => JsonNode.Parse(body)!.AsObject();

    /// <summary>When the client says it was signed, by the client's clock; null when it does not say.</summary>
    public DateTimeOffset? SignedAt => DateTimeOffset.TryParseExact(context.Request.Headers["X-Amz-Date"],
        "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;

    /// <summary>Stops when the proxy does.</summary>
    public CancellationToken Ended => ended;

    /// <summary>What the server answers to this call.</summary>
    public Task<ProxiedAnswer> PassOnAsync() => SendAsync(Operation, body);

    /// <summary>What the server answers to another call of the same client.</summary>
    public Task<ProxiedAnswer> SendAsync(string operation, JsonObject request) => SendAsync(operation, request.ToJsonString());

    /// <summary>Answers the client.</summary>
    /// <param name="answer">Status and body.</param>
    /// <param name="date">The server's clock as its answer tells it; null for the right time.</param>
    public async Task AnswerAsync(ProxiedAnswer answer, DateTimeOffset? date = null)
    {
        Begin(answer, date);
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer.Body), ended);
        context.Response.Close();
    }

    /// <summary>Answers half of it, and hangs up.</summary>
    public async Task TruncateAsync(ProxiedAnswer answer)
    {
        Begin(answer, null);
        byte[] bytes = Encoding.UTF8.GetBytes(answer.Body);
        context.Response.ContentLength64 = bytes.Length;
        await context.Response.OutputStream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2), ended);
        await context.Response.OutputStream.FlushAsync(ended);
        Cut();
    }

    /// <summary>Hangs up without a word.</summary>
    public void Cut() => context.Response.Abort();

    private void Begin(ProxiedAnswer answer, DateTimeOffset? date)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = ContentType;
        if (date is { } told) context.Response.Headers[DateHeader] = told.ToString("r", CultureInfo.InvariantCulture);
    }

    private async Task<ProxiedAnswer> SendAsync(string operation, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server) { Content = new StringContent(text) };
        request.Content.Headers.Remove("Content-Type");
        request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        request.Headers.TryAddWithoutValidation("X-Amz-Target", $"AmazonSQS.{operation}");
        foreach (string name in new[] { "Authorization", "X-Amz-Date" })
            if (context.Request.Headers[name] is { } value) request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage answer = await http.SendAsync(request, ended);
        return new ProxiedAnswer((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(ended));
    }
}
