using System.Net;
using System.Net.Sockets;

namespace LoginEtl.Sandbox.Servers;

/// <summary>
/// A proxy on loopback before an SQS server that speaks AWS JSON 1.0. What becomes of a call is said by whoever makes
/// the proxy: passed on, answered otherwise, or cut.
/// </summary>
/// <remarks>On plain sockets: <see cref="HttpListener"/> cannot hang up without an answer.</remarks>
internal sealed class SqsProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource _ended = new();
    private readonly Uri _server;
    private readonly Func<ProxiedCall, Task> _handle;
    private readonly Task _accepting;

    /// <summary>Listens from now on.</summary>
    /// <param name="server">Where calls are passed on to.</param>
    /// <param name="handle">Answers a call. One that is left without an answer is cut.</param>
    public SqsProxy(Uri server, Func<ProxiedCall, Task> handle)
    {
        (_server, _handle) = (server, handle);
        _listener.Start();
        EndpointUrl = new UriBuilder("http", PostgresServer.LoopbackHost, ((IPEndPoint)_listener.LocalEndpoint).Port).Uri;
        _accepting = AcceptAsync();
    }

    /// <summary>Where a client is to send its requests.</summary>
    public Uri EndpointUrl { get; }

    /// <summary>Breaks what is under way (a long poll must not take a message any more) and stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _http.Dispose();
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_ended.Token);
                serving.RemoveAll(task => task.IsCompleted);
                serving.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    /// <summary>One call after the other, until one is cut or the client goes.</summary>
    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            client.NoDelay = true;
            await using NetworkStream stream = client.GetStream();
            var reader = new HttpRequestReader(stream);
            while (await reader.ReadAsync(_ended.Token) is { } request)
            {
                var call = new ProxiedCall(request, stream, _http, _server, _ended.Token);
                await _handle(call);
                if (!call.IsAnswered) return;
            }
        }
        catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException or IOException
            or SocketException)
        {
            // To the client, a server that hung up; its own retries are what such a thing is for.
        }
    }
}
