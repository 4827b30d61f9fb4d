using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace LoginEtl.Bench.Endpoint;

/// <summary>SQS on loopback, its queues in memory, so cheap that it is not what a bench measures.</summary>
/// <remarks>
/// A thread a connection and blocking sockets: half of Kestrel's processor time a call, and latencies that are no longer
/// than asked for. With that a machine carries some hundred connections, which is more than a bench needs.
/// </remarks>
internal sealed class SqsEndpoint : IDisposable
{
    public const string Region = "us-east-1";
    public const string Account = "000000000000";
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Socket, bool> _connections = new();
    private readonly SqsService _service = new();
    private readonly TimeSpan _latency;
    private volatile bool _disposed;

    /// <summary>Listens from now on.</summary>
    /// <param name="port">0 for one that is free.</param>
    /// <param name="latency">How much later each call is worked on: the way to a queue that is not on this machine.</param>
    public SqsEndpoint(int port = 0, TimeSpan latency = default)
    {
        _latency = latency;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen(512);
        Url = new UriBuilder("http", "127.0.0.1", ((IPEndPoint)_listener.LocalEndPoint!).Port).Uri;
        new Thread(Accept) { IsBackground = true, Name = "accept" }.Start();
    }

    public Uri Url { get; }

    public static string QueueUrl(Uri endpoint, string queue) => $"{endpoint}{Account}/{queue}";

    /// <summary>Puts messages into a queue, which is made if need be; one body may be in many of them.</summary>
    public void Fill(string queue, IEnumerable<MessageBody> bodies) => _service.Fill(queue, bodies);

    public void Dispose()
    {
        _disposed = true;
        _listener.Dispose();
        _service.Close();
        foreach (var connection in _connections.Keys)
        {
            connection.Dispose();
        }
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var connection = _listener.Accept();
                connection.NoDelay = true;
                _connections[connection] = true;
                new Thread(() => Serve(connection), 256 << 10) { IsBackground = true, Name = "connection" }.Start();
            }
        }
        catch (Exception e) when (_disposed && e is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private void Serve(Socket connection)
    {
        try
        {
            new EndpointConnection(connection, _service, Url, _latency).Serve();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client went, or the end.
        }
        catch (Exception e)
        {
            // A request that cannot be read: to its client, a server that hangs up.
            Console.Error.WriteLine($"A request was not understood: {e.GetType().Name}.");
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }
}
