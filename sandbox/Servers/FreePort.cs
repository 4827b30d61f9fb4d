using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace LoginEtl.Sandbox.Servers;

/// <summary>Picks TCP ports on 127.0.0.1 that nobody listens on.</summary>
internal static class FreePort
{
    // Below every system's ephemeral range: no outgoing connection takes the port while its server is stopped.
    private const int First = 20000;
    private const int AfterLast = 32000;

    /// <summary>A port that was free a moment ago; who binds it must be ready to lose the race.</summary>
    public static int Next()
    {
        while (true)
        {
            int port = RandomNumberGenerator.GetInt32(First, AfterLast);
            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: draw again.
            }
        }
    }
}
