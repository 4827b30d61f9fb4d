using System.Net;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Unit.Fixtures;

/// <summary>An HTTP server on loopback, whose requests are answered side by side until it is disposed of.</summary>
internal sealed class LoopbackHttp : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<HttpListenerContext, Task> _answer;

    /// <param name="answer">Answers a request; what it leaves open is never answered.</param>
    public LoopbackHttp(Func<HttpListenerContext, Task> answer)
    {
        _answer = answer;
        Url = new UriBuilder("http", "127.0.0.1", FreePort.Next()).Uri;
        _listener.Prefixes.Add(Url.AbsoluteUri);
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>Where it listens, without a path.</summary>
    public Uri Url { get; }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.GetContextAsync());
            }
        }
        catch (Exception e) when (e is HttpListenerException or InvalidOperationException)
        {
            // The end.
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            await _answer(context);
        }
        catch (Exception e) when (e is HttpListenerException or InvalidOperationException or IOException)
        {
            // The client went, or the test ended.
        }
    }
}
