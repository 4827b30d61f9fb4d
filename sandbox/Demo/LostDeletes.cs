using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.Demo;

/// <summary>
/// A proxy on loopback before an SQS server, which answers deletes with success and does not pass them on: as if the
/// deletes were lost. The queue's counts leave out what the client believes deleted, or it would wait for that.
/// </summary>
internal sealed class LostDeletes : IAsyncDisposable
{
    private const string InFlight = "ApproximateNumberOfMessagesNotVisible";

    private readonly HttpListener _listener = new();
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<string, byte> _receipts = new();
    private readonly Uri _server;
    private readonly Task _accepting;

    /// <summary>Listens from now on.</summary>
    public LostDeletes(Uri server)
    {
        _server = server;
        EndpointUrl = new UriBuilder("http", PostgresServer.LoopbackHost, FreePort.Next()).Uri;
        _listener.Prefixes.Add(EndpointUrl.AbsoluteUri);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where a client is to send its requests.</summary>
    public Uri EndpointUrl { get; }

    /// <summary>The receipt handles of the messages whose delete was lost.</summary>
    public IReadOnlyCollection<string> Receipts => [.. _receipts.Keys];

    /// <summary>Breaks what is under way (a long poll must not take a message any more) and stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Close();
        await _accepting;
        _http.Dispose();
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        var answering = new List<Task>();
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                answering.RemoveAll(task => task.IsCompleted);
                answering.Add(AnswerAsync(context));
            }
        }
        catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
        {
            await Task.WhenAll(answering);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            string operation = (context.Request.Headers["X-Amz-Target"] ?? "").Split('.')[^1];
            string body = await new StreamReader(context.Request.InputStream).ReadToEndAsync(_ended.Token);
            (int status, string answer) = operation switch
            {
                "DeleteMessageBatch" => (200, LoseBatch(JsonNode.Parse(body)!.AsObject())),
                "DeleteMessage" => (200, Lose(JsonNode.Parse(body)!.AsObject())),
                _ => await PassOnAsync(context.Request, body),
            };
            if (operation == "GetQueueAttributes") answer = WithoutLost(answer);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/x-amz-json-1.0";
            await context.Response.OutputStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer), _ended.Token);
            context.Response.Close();
        }
        catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException
            or HttpListenerException or ObjectDisposedException or IOException)
        {
            // To the client, a server that hung up; its own retries are what such a thing is for.
            context.Response.Abort();
        }
    }

    private async Task<(int Status, string Answer)> PassOnAsync(HttpListenerRequest from, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _server) { Content = new StringContent(body) };
        request.Content.Headers.Remove("Content-Type");
        request.Content.Headers.TryAddWithoutValidation("Content-Type", from.ContentType);
        foreach (string name in new[] { "X-Amz-Target", "Authorization", "X-Amz-Date" })
            if (from.Headers[name] is { } value) request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage answer = await _http.SendAsync(request, _ended.Token);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(_ended.Token));
    }

    private string LoseBatch(JsonObject request)
    {
        var successful = new JsonArray();
        foreach (JsonNode? entry in request["Entries"]!.AsArray())
        {
            Lose(entry!.AsObject());
            successful.Add(new JsonObject { ["Id"] = entry["Id"]!.DeepClone() });
        }
        return new JsonObject { ["Successful"] = successful, ["Failed"] = new JsonArray() }.ToJsonString();
    }

    private string Lose(JsonObject request)
    {
        _receipts.TryAdd(request["ReceiptHandle"]!.GetValue<string>(), 0);
        return "{}";
    }

    private string WithoutLost(string answer)
    {
        JsonNode? said = JsonNode.Parse(answer);
        if (said?["Attributes"]?[InFlight]?.GetValue<string>() is not { } count) return answer;
        int held = int.Parse(count, CultureInfo.InvariantCulture) - _receipts.Count;
        said["Attributes"]![InFlight] = Math.Max(0, held).ToString(CultureInfo.InvariantCulture);
        return said.ToJsonString();
    }
}
