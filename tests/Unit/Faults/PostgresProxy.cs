using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace LoginEtl.Unit.Faults;

/// <summary>Stands between writers and the server, and delays, throttles or cuts the wire: no server can be made to do that.</summary>
internal sealed class PostgresProxy : IAsyncDisposable
{
    // What a COMMIT takes that nobody waits for.
    private static readonly TimeSpan CommitTakes = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(700);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private volatile Course _course;
    private volatile bool _silent;
    private int _cuts;

    public PostgresProxy(string connectionString, WireFaults? faults = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        (_host, _port, _course) = (builder.Host!, builder.Port, new Course(faults ?? WireFaults.None));
        _listener.Start();
        builder.Host = "127.0.0.1";
        builder.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        ConnectionString = builder.ConnectionString;
        _accepting = AcceptAsync();
    }

    public PostgresProxy(string connectionString, CommitCut cut, int cuts = 1)
        : this(connectionString, WireFaults.CutCommits(cut, cuts))
    {
    }

    public string ConnectionString { get; }

    /// <summary>How often the wire was cut.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Is awaited before a COMMIT is passed on; told its ordinal.</summary>
    public Func<int, Task>? Committing { get; set; }

    /// <summary>From here on. Ordinals start anew.</summary>
    public void Suffer(WireFaults faults) => _course = new Course(faults);

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
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The end of the test.
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                if (_silent)
                {
                    await Task.Delay(Timeout.Infinite, _end.Token);
                }

                await server.ConnectAsync(_host, _port, _end.Token);
                var cut = _course.OfConnection();
                var back = BackAsync(server, client, cut);
                await ForthAsync(client, server, cut);
                server.Close();
                await back;
            }
            catch (Exception e) when (IsOfTheWire(e))
            {
                // One side went away.
            }
        }
    }

    private async Task ForthAsync(TcpClient client, TcpClient server, ByteCut? cut)
    {
        var left = cut is { Answers: false } ? cut.Bytes : long.MaxValue;
        var buffer = new byte[65536];
        int read;
        while ((read = await client.GetStream().ReadAsync(buffer, _end.Token)) > 0)
        {
            var piece = buffer.AsMemory(0, read);
            if (piece.Span.IndexOf("COMMIT\0"u8) >= 0)
            {
                var (ordinal, ofCommit) = _course.OfCommit();
                if (Committing is { } committing)
                {
                    await committing(ordinal);
                }

                if (ofCommit is { } how)
                {
                    Interlocked.Increment(ref _cuts);
                    await CutAsync(how, client, server, piece);
                    return;
                }
            }

            if (!await PassAsync(piece, server, left))
            {
                return;
            }

            left -= read;
        }
    }

    private async Task BackAsync(TcpClient server, TcpClient client, ByteCut? cut)
    {
        var left = cut is { Answers: true } ? cut.Bytes : long.MaxValue;
        var buffer = new byte[65536];
        try
        {
            int read;
            while ((read = await server.GetStream().ReadAsync(buffer, _end.Token)) > 0
                && await PassAsync(buffer.AsMemory(0, read), client, left))
            {
                left -= read;
            }
        }
        catch (Exception e) when (IsOfTheWire(e))
        {
            // One side went away; the other is told.
        }

        client.Close();
    }

    // False when that was the end of what the wire lets through.
    private async Task<bool> PassAsync(ReadOnlyMemory<byte> piece, TcpClient to, long left)
    {
        var faults = _course.Faults;
        var pause = faults.Delay + (faults.BytesPerSecond is { } rate ? TimeSpan.FromSeconds((double)piece.Length / rate) : TimeSpan.Zero);
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, _end.Token);
        }

        var passes = piece.Length < left;
        await to.GetStream().WriteAsync(passes ? piece : piece[..(int)left], _end.Token);
        if (!passes)
        {
            Interlocked.Increment(ref _cuts);
        }

        return passes;
    }

    private async Task CutAsync(CommitCut cut, TcpClient client, TcpClient server, ReadOnlyMemory<byte> commit)
    {
        if (cut == CommitCut.Silence)
        {
            _silent = true;
            await Task.Delay(Timeout.Infinite, _end.Token);
        }

        client.Close();
        switch (cut)
        {
            case CommitCut.Lost:
                return;
            case CommitCut.ArrivesLate:
                await Task.Delay(Late, _end.Token);
                break;
            case CommitCut.ArrivesAndServerIsGone:
                _listener.Stop();
                break;
            default:
                break;
        }

        await server.GetStream().WriteAsync(commit, _end.Token);
        await Task.Delay(CommitTakes, _end.Token);
    }

    private static bool IsOfTheWire(Exception e) =>
        e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;

    /// <summary>Faults, and how far they have come.</summary>
    private sealed class Course(WireFaults faults)
    {
        private int _commits;
        private int _connections;

        public WireFaults Faults => faults;

        public ByteCut? OfConnection() => faults.Connections.GetValueOrDefault(Interlocked.Increment(ref _connections));

        public (int Ordinal, CommitCut? Cut) OfCommit()
        {
            var ordinal = Interlocked.Increment(ref _commits);
            return (ordinal, faults.Commits.TryGetValue(ordinal, out var cut) ? cut : null);
        }
    }
}
