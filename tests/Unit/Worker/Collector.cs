using System.Collections.Concurrent;
using System.Net;
using System.Text;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Unit.Worker;

/// <summary>Takes what OpenTelemetry's exporters send over HTTP, and keeps it as it came: protobuf, whose texts can be read.</summary>
internal sealed class Collector : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly bool _answers;

    public Collector(bool answers = true)
    {
        _answers = answers;
        Url = $"http://127.0.0.1:{FreePort.Next()}";
        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _ = TakeAsync();
    }

    public string Url { get; }

    /// <summary>Path and body of each request.</summary>
    public ConcurrentQueue<(string Path, string Body)> Taken { get; } = [];

    /// <summary>All of a signal: traces, metrics or logs.</summary>
    public string Of(string signal) => string.Concat(Taken.Where(t => t.Path == $"/v1/{signal}").Select(t => t.Body));

    public void Dispose() => _listener.Close();

    private async Task TakeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            Taken.Enqueue((context.Request.Url!.AbsolutePath, Encoding.UTF8.GetString(body.ToArray())));
            if (_answers)
            {
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
        }
    }
}
