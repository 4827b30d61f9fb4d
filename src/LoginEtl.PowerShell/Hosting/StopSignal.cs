using System.Runtime.InteropServices;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// SIGTERM, or SIGHUP of a terminal that closes, while receiving: the first one stops every receiver of the process, those
/// of its thread jobs too, and lets their pipelines drain; by default PowerShell would be gone at once, with no Dispose. A
/// second one is left to the system.
/// </summary>
internal sealed class StopSignal : IDisposable
{
    private static readonly Lock s_lock = new();
    private static readonly HashSet<StopSignal> s_receiving = [];
    private static PosixSignalRegistration[] s_registrations = [];
    private static volatile bool s_stopped;

    private readonly Action _stop;

    private StopSignal(Action stop) => _stop = stop;

    public static StopSignal Register(Action stop)
    {
        var signal = new StopSignal(stop);
        lock (s_lock)
        {
            // Only while somebody receives: otherwise a signal ends PowerShell as it always does.
            if (s_receiving.Add(signal) && s_receiving.Count == 1)
            {
                s_registrations =
                [
                    PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
                    PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),
                ];
            }
        }

        if (s_stopped)
        {
            // It came while this one was about to receive.
            signal.Stop();
        }

        return signal;
    }

    /// <summary>Whether this process was told to end, and receives no more.</summary>
    public static bool WasGiven => s_stopped;

    /// <summary>A script's loop must not start receiving again in a process that was told to end.</summary>
    /// <exception cref="LoginEtlException"><c>StoppedBySignal</c>.</exception>
    public static bool ThrowIfStopped() => !s_stopped ? false : throw new LoginEtlException(
        ErrorId.StoppedBySignal, "This process was told to end (SIGTERM or SIGHUP) and receives no more.",
        "Start a new PowerShell to go on.");

    public void Dispose()
    {
        PosixSignalRegistration[] unused = [];
        lock (s_lock)
        {
            if (s_receiving.Remove(this) && s_receiving.Count == 0)
            {
                (unused, s_registrations) = (s_registrations, []);
            }
        }

        Array.ForEach(unused, r => r.Dispose());
    }

    private static void Handle(PosixSignalContext context)
    {
        StopSignal[] receiving;
        lock (s_lock)
        {
            if (s_stopped)
            {
                return;
            }

            s_stopped = true;
            receiving = [.. s_receiving];
        }

        context.Cancel = true;
        Array.ForEach(receiving, r => r.Stop());
    }

    private void Stop()
    {
        try
        {
            _stop();
        }
        catch (ObjectDisposedException)
        {
            // This one has just ended by itself; the others are still to be stopped.
        }
    }
}
