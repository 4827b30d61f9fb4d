using System.Runtime.InteropServices;

namespace LoginEtl.Sandbox.Demo;

/// <summary>
/// Turns Ctrl-C, SIGTERM, SIGHUP and the end of the `dotnet run` in front into a cancellation. A second signal ends the
/// process at once, which the servers notice and clean up after.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private const int SignalExitCodes = 128;
    private static readonly TimeSpan ParentPoll = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Timer? _parentWatch;
    private int _exitCode;

    /// <summary>Listens from now on.</summary>
    public StopSignals()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Take(context, 2)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Take(context, 15)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Take(context, 1)),
        ];
        if (!OperatingSystem.IsLinux() || ParentId() is not { } parent || ProcessName(parent) != "dotnet") return;
        // `dotnet run` hands signals on, but nobody hands on its kill -9.
        _parentWatch = new Timer(_ => { if (ParentId() != parent) Stop(9); }, null, ParentPoll, ParentPoll);
    }

    /// <summary>Is cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>128 and the signal's number, as shells have it; 0 without a signal.</summary>
    public int ExitCode => _exitCode;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _parentWatch?.Dispose();
        _stop.Dispose();
    }

    private void Take(PosixSignalContext context, int number) => context.Cancel = Stop(number);

    /// <summary>True for the first one.</summary>
    private bool Stop(int number)
    {
        if (Interlocked.CompareExchange(ref _exitCode, SignalExitCodes + number, 0) != 0) return false;
        // Not here: what waits for the token would run inside the signal's handler.
        _ = Task.Run(_stop.Cancel);
        return true;
    }

    private static int? ParentId() =>
        int.TryParse(StatusOf("self", "PPid"), out int id) ? id : null;

    private static string? ProcessName(int id) => StatusOf($"{id}", "Name");

    private static string? StatusOf(string process, string field)
    {
        try
        {
            return File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith(field + ":", StringComparison.Ordinal))
                ?[(field.Length + 1)..].Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
