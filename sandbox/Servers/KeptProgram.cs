using System.Diagnostics;

namespace LoginEtl.Sandbox.Servers;

/// <summary>A running program of the <see cref="Keeper"/>.</summary>
internal sealed class KeptProgram
{
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);
    private readonly TaskCompletionSource<ProgramEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ProgramStart _start;
    private readonly Func<string, string, CancellationToken, Task> _signal;

    internal KeptProgram(ProgramStart start, Func<string, string, CancellationToken, Task> signal) =>
        (_start, _signal) = (start, signal);

    public int ProcessId { get; internal set; }

    /// <summary>Completes when the program has ended and all its lines were handed over.</summary>
    public Task<ProgramEnd> Ended => _ended.Task;

    /// <summary>Sends a signal (SIGINT, SIGKILL, …); nothing happens when the program has ended.</summary>
    public Task SignalAsync(string signal, CancellationToken cancellationToken) =>
        _signal(_start.Name, signal, cancellationToken);

    /// <summary>Sends a signal and waits for the end; SIGKILL follows after the grace.</summary>
    public async Task StopAsync(string signal, TimeSpan grace, CancellationToken cancellationToken)
    {
        await SignalAsync(signal, cancellationToken);
        if (await Task.WhenAny(Ended, Task.Delay(grace, cancellationToken)) != Ended)
            await _signal(_start.Name, "SIGKILL", cancellationToken);
        await Ended.WaitAsync(cancellationToken);
    }

    /// <summary>Ends the program without the keeper, when that is gone.</summary>
    internal void KillIfRunning()
    {
        if (Ended.IsCompleted || ProcessId == 0) return;
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            process.Kill(entireProcessTree: true);
            process.WaitForExit(KillTimeout);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // It ended by itself.
        }
    }

    internal void TakeLine(string line) => _start.OnLine?.Invoke(line);

    internal void End(ProgramEnd end) => _ended.TrySetResult(end);
}
