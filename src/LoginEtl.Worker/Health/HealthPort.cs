using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LoginEtl.Faults;

namespace LoginEtl.Worker.Health;

/// <summary>
/// Answers the probes of an orchestrator over HTTP: <c>/livez</c> and <c>/readyz</c>, 200 or 503, and in JSON why. On all
/// addresses: an orchestrator asks from outside. Nothing of a message is in it, nor of a setting.
/// </summary>
/// <remarks>The framework's HttpListener takes IPv4 alone, and an administrator's rights on Windows; ASP.NET would be a second runtime to install.</remarks>
internal sealed class HealthPort : IDisposable
{
    private const int LongestRequest = 8 * 1024;
    private const int MostAtATime = 256;
    private static readonly TimeSpan WithinThis = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly byte[] s_endOfRequest = "\r\n\r\n"u8.ToArray();

    private readonly TcpListener _listener;
    private readonly HealthListener _health;
    private readonly SemaphoreSlim _room = new(MostAtATime);
    private readonly CancellationTokenSource _end = new();

    private HealthPort(TcpListener listener, HealthListener health)
    {
        (_listener, _health) = (listener, health);
        _ = AcceptAsync();
    }

    /// <param name="port">Of this machine.</param>
    /// <param name="health">What is told.</param>
    /// <param name="setting">Its setting, as errors name it.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>: the port cannot be had.</exception>
    public static HealthPort Open(int port, HealthListener health, string setting)
    {
        try
        {
            var listener = Socket.OSSupportsIPv6 ? TcpListener.Create(port) : new TcpListener(IPAddress.Any, port);
            listener.Start();
            return new HealthPort(listener, health);
        }
        catch (SocketException e)
        {
            throw new LoginEtlException(
                ErrorId.SettingInvalid, string.Create(CultureInfo.InvariantCulture, $"The port {port} of {setting} cannot be listened on: {e.SocketErrorCode}."),
                "Give a port that no other program listens on and that this user may have.");
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                await _room.WaitAsync(_end.Token);
                _ = AnswerAsync(client);
            }
            catch (SocketException)
            {
                // A client that was gone before it was heard, or a process without a handle for it: the next may have one.
                await Task.Delay(Pause);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                // The end.
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            using var _ = client;
            using var late = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            late.CancelAfter(WithinThis);
            var stream = client.GetStream();
            if (await ReadAsync(stream, late.Token) is { } request)
            {
                await stream.WriteAsync(Answer(request), late.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It asks again.
        }
        finally
        {
            _room.Release();
        }
    }

    // Its first line; null where it is none.
    private static async Task<string?> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestRequest];
        for (var length = 0; length < buffer.Length;)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return null;
            }

            length += read;
            if (buffer.AsSpan(0, length).IndexOf(s_endOfRequest) >= 0)
            {
                return Encoding.Latin1.GetString(buffer, 0, buffer.AsSpan(0, length).IndexOf("\r\n"u8));
            }
        }

        return null;
    }

    private byte[] Answer(string request)
    {
        var parts = request.Split(' ');
        var (method, path) = (parts[0], parts.ElementAtOrDefault(1)?.Split('?')[0]);
        var (status, body) = (method, path) switch
        {
            (not ("GET" or "HEAD"), _) => ("405 Method Not Allowed", ""),
            (_, "/livez") => _health.Stuck() is { } stuck ? Unavailable([stuck]) : Well,
            (_, "/readyz") => _health.NotReady() is { Count: > 0 } why ? Unavailable(why) : Well,
            _ => ("404 Not Found", ""),
        };
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{(method == "HEAD" ? "" : body)}"));
    }

    private static (string Status, string Body) Well => ("200 OK", """{"status":"ok"}""");

    private static (string Status, string Body) Unavailable(IEnumerable<string> why) =>
        ("503 Service Unavailable", $$"""{"status":"unavailable","because":[{{string.Join(',', why.Select(w => $"\"{w}\""))}}]}""");
}
