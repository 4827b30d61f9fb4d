using System.Runtime.InteropServices;

namespace LoginEtl.Worker;

/// <summary>
/// SIGTERM and SIGINT to this process: the first one stops its run well, and a second one is left to the system. There is
/// one, to the very end of the process: a signal that comes when the receipt is out must not change the exit code.
/// </summary>
internal static class StopSignals
{
    private static readonly CancellationTokenSource s_stop = new();

    // Kept: what nobody holds is unregistered when it is collected.
    private static PosixSignalRegistration[] s_registrations = [];

    /// <summary>From here on signals are caught.</summary>
    /// <returns>Cancelled by the first of them.</returns>
    public static CancellationToken Catch()
    {
        s_registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle), PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle)];
        return s_stop.Token;
    }

    private static void Handle(PosixSignalContext context)
    {
        if (!s_stop.IsCancellationRequested)
        {
            context.Cancel = true;
            s_stop.Cancel();
        }
    }
}
