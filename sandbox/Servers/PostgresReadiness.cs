using System.Net.Sockets;
using Npgsql;

namespace LoginEtl.Sandbox.Servers;

/// <summary>Waits for a server that is starting or recovering.</summary>
internal static class PostgresReadiness
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(25);

    /// <summary>True when a connection was made; false when the server ended or a minute passed.</summary>
    public static async Task<bool> WaitAsync(
        NpgsqlConnectionStringBuilder settings, Task serverEnded, CancellationToken cancellationToken)
    {
        settings.Pooling = false;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Longest);
        while (!serverEnded.IsCompleted && !timeout.IsCancellationRequested)
        {
            try
            {
                await using var probe = new NpgsqlConnection(settings.ConnectionString);
                await probe.OpenAsync(timeout.Token);
                return true;
            }
            catch (Exception failure) when (IsNotYetReady(failure))
            {
                await Task.WhenAny(serverEnded, Task.Delay(Retry, CancellationToken.None));
            }
            catch (OperationCanceledException)
            {
                // The loop's condition ends it.
            }
        }
        cancellationToken.ThrowIfCancellationRequested();
        return false;
    }

    /// <summary>Refused (not yet listening), broken off, or 57P03 (starting up, recovering).</summary>
    private static bool IsNotYetReady(Exception failure) =>
        failure is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow }
        or NpgsqlException { InnerException: SocketException or IOException };
}
