namespace LoginEtl.Sandbox.Servers;

/// <summary>A running program of the <see cref="Keeper"/>.</summary>
internal sealed class KeptProgram
{
    private readonly TaskCompletionSource<ProgramEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ProgramStart _start;
    private readonly Func<string, string, CancellationToken, Task> _signal;

    internal KeptProgram(ProgramStart start, Func<string, string, CancellationToken, Task> signal) =>
        (_start, _signal) = (start, signal);

    public int ProcessId { get; internal set; }

    /// <summary>Completes when the program has ended and all its lines were handed over.</summary>
    public Task<ProgramEnd> Ended => _ended.Task;

    /// <summary>Sends a signal (SIGINT, SIGQUIT, …) and waits for the end; SIGKILL follows after the grace.</summary>
    public async Task StopAsync(string signal, TimeSpan grace, CancellationToken cancellationToken)
    {
        await _signal(_start.Name, signal, cancellationToken);
        if (await Task.WhenAny(Ended, Task.Delay(grace, cancellationToken)) != Ended)
            await _signal(_start.Name, "SIGKILL", cancellationToken);
        await Ended.WaitAsync(cancellationToken);
    }

    internal void TakeLine(string line) => _start.OnLine?.Invoke(line);

    internal void End(ProgramEnd end) => _ended.TrySetResult(end);
}
