using System.Collections.Concurrent;
using System.Net;
using System.Text;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Worker;

/// <summary>Takes what OpenTelemetry's exporters send over HTTP, and keeps it as it came: protobuf, whose texts can be read.</summary>
internal sealed class Collector : IDisposable
{
    private readonly bool _answers;
    private readonly LoopbackHttp _server;

    public Collector(bool answers = true)
    {
        _answers = answers;
        _server = new LoopbackHttp(TakeAsync);
    }

    public string Url => _server.Url.GetLeftPart(UriPartial.Authority);

    /// <summary>Path and body of each request.</summary>
    public ConcurrentQueue<(string Path, string Body)> Taken { get; } = [];

    /// <summary>All of a signal: traces, metrics or logs.</summary>
    public string Of(string signal) => string.Concat(Taken.Where(t => t.Path == $"/v1/{signal}").Select(t => t.Body));

    public void Dispose() => _server.Dispose();

    private async Task TakeAsync(HttpListenerContext context)
    {
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
