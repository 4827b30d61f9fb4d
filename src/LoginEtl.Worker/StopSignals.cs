using System.Runtime.InteropServices;

namespace LoginEtl.Worker;

/// <summary>
/// SIGTERM and SIGINT to this process: the first one stops its run well, and a second one is left to the system, while
/// the run lasts. When the receipt is out, no signal changes the exit code any more.
/// </summary>
internal static class StopSignals
{
    private static readonly CancellationTokenSource s_stop = new();

    // Kept: what nobody holds is unregistered when it is collected.
    private static PosixSignalRegistration[] s_registrations = [];

    private static volatile bool s_isOver;

    /// <summary>From here on signals are caught.</summary>
    /// <returns>Cancelled by the first of them.</returns>
    public static CancellationToken Catch()
    {
        s_registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle), PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle)];
        return s_stop.Token;
    }

    /// <summary>The run is over, and its receipt says with which exit code: from here on signals are taken and change nothing.</summary>
    public static void RunIsOver() => s_isOver = true;

    private static void Handle(PosixSignalContext context)
    {
        context.Cancel = s_isOver || !s_stop.IsCancellationRequested;
        s_stop.Cancel();
    }
}
