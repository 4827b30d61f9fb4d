using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LoginEtl.Unit.Postgres;

/// <summary>Answers every connection as a pooler does that refuses it: with one FATAL error in place of a login.</summary>
internal sealed class PoolerStub : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public PoolerStub(string text, string state = "08P01")
    {
        _listener.Start();
        _serving = ServeAsync(Error(text, state));
    }

    public string ConnectionString => $"Host=127.0.0.1;Port={((IPEndPoint)_listener.LocalEndpoint).Port};Username=etl;Database=logins;SSL Mode=Disable";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private static byte[] Error(string text, string state)
    {
        var fields = Encoding.UTF8.GetBytes($"SFATAL\0C{state}\0M{text}\0\0");
        var message = new byte[5 + fields.Length];
        message[0] = (byte)'E';
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), 4 + fields.Length);
        fields.CopyTo(message, 5);
        return message;
    }

    private async Task ServeAsync(byte[] answer)
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var length = new byte[4];
                await client.GetStream().ReadExactlyAsync(length, _stop.Token);
                await client.GetStream().ReadExactlyAsync(new byte[BinaryPrimitives.ReadInt32BigEndian(length) - 4], _stop.Token);
                await client.GetStream().WriteAsync(answer, _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException or IOException)
        {
            // Disposed.
        }
    }
}
