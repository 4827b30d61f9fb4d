using LoginEtl.Sandbox.Demo;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Unit.Faults;

/// <summary>The worker, a process of its own that can be killed.</summary>
internal sealed class WorkerProcess
{
    private const int SignalExitCodes = 128;
    private static readonly TimeSpan BetweenSignals = TimeSpan.FromMilliseconds(30);
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "login-etl.dll");
    private static readonly string Dotnet =
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : Executables.Find("dotnet")!;

    private readonly List<string> _said = [];
    private readonly TaskCompletionSource _receiptPrinted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private KeptProgram? _process;
    private RunReceipt? _receipt;
    private bool _mayBeKilled;

    /// <summary>Ends when it has printed its receipt, or has ended without one.</summary>
    public Task ReceiptPrinted => Task.WhenAny(_receiptPrinted.Task, _process!.Ended);

    public int ProcessId => _process!.ProcessId;

    public bool HasEnded => _process!.Ended.IsCompleted;

    public static async Task<WorkerProcess> StartAsync(
        FaultLane lane, RunSettings settings, IEnumerable<string> flags, IReadOnlyDictionary<string, string>? environment = null)
    {
        var worker = new WorkerProcess();
        worker._process = await lane.Keeper.StartProgramAsync(
            new ProgramStart(lane.NewName("worker-"), Dotnet, [Program, .. flags])
            {
                Environment = settings.ToChildEnvironment().Concat(environment ?? new Dictionary<string, string>())
                    .GroupBy(v => v.Key).ToDictionary(v => v.Key, v => v.Last().Value),
                OnLine = worker.Take,
            },
            CancellationToken.None);
        return worker;
    }

    /// <summary>Sends the signal, or two of them.</summary>
    public async Task EndAsync(string signal, bool twice = false)
    {
        _mayBeKilled = twice || signal == "SIGKILL";
        await _process!.SignalAsync(signal, CancellationToken.None);
        if (twice)
        {
            await Task.Delay(BetweenSignals);
            await _process.SignalAsync(signal, CancellationToken.None);
        }
    }

    /// <summary>Waits for its end; after <paramref name="within"/> it is killed.</summary>
    /// <param name="within">How long a run may take.</param>
    /// <param name="hadBegun">Whether it had spoken to a server: before that, a signal ends it like any program.</param>
    public async Task<EndedRun> WaitAsync(TimeSpan within, Func<bool> hadBegun)
    {
        var tookTooLong = await Task.WhenAny(_process!.Ended, Task.Delay(within)) != _process.Ended;
        if (tookTooLong)
        {
            await _process.SignalAsync("SIGKILL", CancellationToken.None);
        }

        var end = await _process.Ended;
        var bySignal = end.Signal is not null || end.ExitCode > SignalExitCodes;
        lock (_said)
        {
            return new EndedRun(
                _receipt, end, [.. _said], Killed: _receipt is null && bySignal && (_mayBeKilled || tookTooLong || !hadBegun()), tookTooLong);
        }
    }

    private void Take(string line)
    {
        lock (_said)
        {
            if (RunReceipt.TryRead(line, out var receipt))
            {
                _receipt = receipt;
                _receiptPrinted.TrySetResult();
            }

            _said.Add(line);
        }
    }
}
