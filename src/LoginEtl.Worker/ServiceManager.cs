using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace LoginEtl.Worker;

/// <summary>
/// Tells systemd that a service is ready, is stopping, or alive (sd_notify(3), <c>Type=notify</c>, <c>WatchdogSec=</c>): a
/// datagram each to the socket that it names. Does nothing where there is none.
/// </summary>
/// <remarks>The package of .NET that does it (Microsoft.Extensions.Hosting.Systemd) brings the generic host, which is not used here.</remarks>
internal sealed class ServiceManager : IDisposable
{
    // In milliseconds: an hour, which is sooner than any longer one asks for.
    private const long LongestPeriod = 3_600_000;

    private readonly string? _socket = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
    private readonly Timer? _alive;

    /// <param name="isLive">Asked before each sign of life.</param>
    public ServiceManager(Func<bool> isLive)
    {
        // Two a period, as systemd advises.
        if (_socket is not null && long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 1
            && Environment.GetEnvironmentVariable("WATCHDOG_PID") is var process && (process is null || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)))
        {
            _alive = new Timer(_ => TellAlive(isLive), null, 0, (uint)Math.Clamp(microseconds / 2000, 1, LongestPeriod));
        }
    }

    public void Ready() => Tell("READY=1");

    public void Stopping() => Tell("STOPPING=1");

    public void Dispose() => _alive?.Dispose();

    private void TellAlive(Func<bool> isLive)
    {
        if (isLive())
        {
            Tell("WATCHDOG=1");
        }
    }

    private void Tell(string state)
    {
        if (_socket is not { Length: > 1 })
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // An abstract name begins with NUL, which the variable writes as @.
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(_socket[0] == '@' ? "\0" + _socket[1..] : _socket));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // A run does not depend on who listens, nor on whether that can be the name of a socket.
        }
    }
}
