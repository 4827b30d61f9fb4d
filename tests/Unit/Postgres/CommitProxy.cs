using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace LoginEtl.Unit.Postgres;

/// <summary>Stands between a writer and the server, and cuts the wire around COMMIT: no server can be made to do that.</summary>
internal sealed class CommitProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly string _host;
    private readonly int _port;
    private readonly CommitCut _cut;
    private readonly Task _accepting;
    private int _cutsLeft;

    public CommitProxy(string connectionString, CommitCut cut, int cuts = 1)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        (_host, _port, _cut, _cutsLeft) = (builder.Host!, builder.Port, cut, cuts);
        _listener.Start();
        builder.Host = "127.0.0.1";
        builder.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        ConnectionString = builder.ConnectionString;
        _accepting = AcceptAsync();
    }

    public string ConnectionString { get; }

    /// <summary>How often the wire was cut.</summary>
    public int Cuts { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                _ = RelayAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        try
        {
            using (client)
            {
                if (_cut == CommitCut.Silence && Cuts > 0)
                {
                    await Task.Delay(Timeout.Infinite, _end.Token);
                }

                await server.ConnectAsync(_host, _port, _end.Token);
                var back = server.GetStream().CopyToAsync(client.GetStream(), _end.Token);
                var buffer = new byte[65536];
                int read;
                while ((read = await client.GetStream().ReadAsync(buffer, _end.Token)) > 0)
                {
                    if (buffer.AsSpan(0, read).IndexOf("COMMIT\0"u8) >= 0 && Interlocked.Decrement(ref _cutsLeft) >= 0)
                    {
                        Cuts++;
                        await CutAsync(client, server, buffer.AsMemory(0, read));
                        return;
                    }

                    await server.GetStream().WriteAsync(buffer.AsMemory(0, read), _end.Token);
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side went away.
        }
    }

    private async Task CutAsync(TcpClient client, TcpClient server, ReadOnlyMemory<byte> commit)
    {
        if (_cut == CommitCut.Silence)
        {
            await Task.Delay(Timeout.Infinite, _end.Token);
        }

        client.Close();
        switch (_cut)
        {
            case CommitCut.Arrives:
                await server.GetStream().WriteAsync(commit, _end.Token);
                await Task.Delay(300, _end.Token);
                break;
            case CommitCut.ArrivesLate:
                await Task.Delay(700, _end.Token);
                await server.GetStream().WriteAsync(commit, _end.Token);
                await Task.Delay(300, _end.Token);
                break;
            case CommitCut.ArrivesAndServerIsGone:
                _listener.Stop();
                await server.GetStream().WriteAsync(commit, _end.Token);
                await Task.Delay(300, _end.Token);
                break;
            default:
                break;
        }
    }
}
