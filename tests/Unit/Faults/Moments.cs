namespace LoginEtl.Unit.Faults;

/// <summary>Does things at moments of a run, each once: some before the call goes on, others beside it.</summary>
internal sealed class Moments(FaultyQueue calls, PostgresProxy wire) : IAsyncDisposable
{
    private readonly List<(Moment At, Func<Task> Act, bool Waits)> _planned = [];
    private readonly List<Task> _begun = [];
    private readonly CancellationTokenSource _over = new();

    /// <summary>The call that it is at waits for it.</summary>
    public void On(Moment moment, Func<Task> act) => _planned.Add((moment, act, true));

    /// <summary>The call that it is at goes on meanwhile.</summary>
    public void Beside(Moment moment, Func<Task> act) => _planned.Add((moment, act, false));

    /// <summary>The run begins.</summary>
    public void Begin()
    {
        calls.Arriving = ArriveAsync;
        wire.Committing = ordinal => ArriveAsync(null, ordinal);
        foreach (var (at, act, _) in _planned)
        {
            if (at.After is { } time)
            {
                Add(LaterAsync(time, act));
            }
        }
    }

    /// <summary>The run has ended: what has not begun never does; what has is waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        (calls.Arriving, wire.Committing) = (null, null);
        await _over.CancelAsync();
        Task[] begun;
        lock (_begun)
        {
            begun = [.. _begun];
        }

        await Task.WhenAll(begun);
        _over.Dispose();
    }

    private async Task ArriveAsync(string? operation, int ordinal)
    {
        foreach (var (at, act, waits) in _planned)
        {
            if (at.After is null && at.Operation == operation && at.Ordinal == ordinal)
            {
                var acting = act();
                Add(acting);
                if (waits)
                {
                    await acting;
                }
            }
        }
    }

    private async Task LaterAsync(TimeSpan time, Func<Task> act)
    {
        try
        {
            await Task.Delay(time, _over.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await act();
    }

    private void Add(Task task)
    {
        lock (_begun)
        {
            _begun.Add(task);
        }
    }
}
