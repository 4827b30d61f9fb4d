using System.Runtime.InteropServices;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// SIGTERM, or SIGHUP of a terminal that closes, while receiving: the first one stops receiving and lets the pipeline
/// drain; by default PowerShell would be gone at once, with no Dispose. A second one is left to the system.
/// </summary>
internal sealed class StopSignal : IDisposable
{
    private static volatile bool s_stopped;
    private readonly PosixSignalRegistration[] _registrations;

    private StopSignal(Action stop)
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),
        ];

        void Handle(PosixSignalContext context)
        {
            if (s_stopped)
            {
                return;
            }

            s_stopped = true;
            context.Cancel = true;
            stop();
        }
    }

    public static StopSignal Register(Action stop) => new(stop);

    /// <summary>A script's loop must not start receiving again in a process that was told to end.</summary>
    /// <exception cref="LoginEtlException"><c>StoppedBySignal</c>.</exception>
    public static bool ThrowIfStopped() => !s_stopped ? false : throw new LoginEtlException(
        "StoppedBySignal", FaultKind.Failed, "This process was told to end (SIGTERM or SIGHUP) and receives no more.",
        "Start a new PowerShell to go on.");

    public void Dispose() => Array.ForEach(_registrations, r => r.Dispose());
}
