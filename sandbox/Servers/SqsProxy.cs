using System.Net;

namespace LoginEtl.Sandbox.Servers;

/// <summary>
/// A proxy on loopback before an SQS server that speaks AWS JSON 1.0. What becomes of a call is said by whoever makes
/// the proxy: passed on, answered otherwise, or cut.
/// </summary>
internal sealed class SqsProxy : IAsyncDisposable
{
    private const int PortTries = 5;

    private readonly HttpListener _listener;
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource _ended = new();
    private readonly Uri _server;
    private readonly Func<ProxiedCall, Task> _handle;
    private readonly Task _accepting;

    /// <summary>Listens from now on.</summary>
    /// <param name="server">Where calls are passed on to.</param>
    /// <param name="handle">Answers a call. What it leaves open is cut, and so is what it throws over a lost connection.</param>
    public SqsProxy(Uri server, Func<ProxiedCall, Task> handle)
    {
        (_server, _handle) = (server, handle);
        (_listener, EndpointUrl) = Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Where a client is to send its requests.</summary>
    public Uri EndpointUrl { get; }

    /// <summary>Breaks what is under way (a long poll must not take a message any more) and stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Close();
        await _accepting;
        _http.Dispose();
        _ended.Dispose();
    }

    private static (HttpListener Listener, Uri Url) Listen()
    {
        for (int tries = 1; ; tries++)
        {
            var listener = new HttpListener();
            Uri url = new UriBuilder("http", PostgresServer.LoopbackHost, FreePort.Next()).Uri;
            listener.Prefixes.Add(url.AbsoluteUri);
            try
            {
                listener.Start();
                return (listener, url);
            }
            catch (HttpListenerException) when (tries < PortTries)
            {
                // Someone bound the port since it was found free.
            }
        }
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
            string body = await new StreamReader(context.Request.InputStream).ReadToEndAsync(_ended.Token);
            await _handle(new ProxiedCall(context, body, _http, _server, _ended.Token));
        }
        catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException
            or HttpListenerException or ObjectDisposedException or IOException)
        {
            // To the client, a server that hung up; its own retries are what such a thing is for.
        }
        finally
        {
            context.Response.Abort();
        }
    }
}
