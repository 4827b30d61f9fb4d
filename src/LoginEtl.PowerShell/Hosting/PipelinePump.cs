using System.Collections.Concurrent;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Runs work in the background while the pipeline thread, the only one that may write to the streams, does what the
/// work asks of it.
/// </summary>
internal sealed class PipelinePump : IDisposable
{
    private readonly BlockingCollection<Action> _asked = [];

    /// <summary>Asks the pipeline thread for something; does not wait. After the end it is left undone.</summary>
    public void Post(Action action)
    {
        try
        {
            _asked.TryAdd(action);
        }
        catch (InvalidOperationException)
        {
            // The work has ended, and its pump with it.
        }
    }

    /// <summary>Asks the pipeline thread for something, and waits for it; what it throws is thrown here.</summary>
    /// <param name="action">The question.</param>
    /// <param name="stop">Ends the waiting: the work's own.</param>
    public T Ask<T>(Func<T> action, CancellationToken stop)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                answer.SetResult(action());
            }
            catch (LoginEtlException e)
            {
                answer.SetException(e);
            }
        });
        return answer.Task.WaitAsync(stop).GetAwaiter().GetResult();
    }

    /// <summary>
    /// Runs <paramref name="work"/> and answers what it does. Where something it asked for throws, the work is stopped and
    /// waited for first: it uses what the caller disposes of.
    /// </summary>
    /// <param name="work">The work, and what stops it.</param>
    /// <param name="stop">Stops it from outside.</param>
    public T Run<T>(Func<CancellationToken, Task<T>> work, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = Task.Run(() => work(ended.Token), CancellationToken.None);
        var ending = running.ContinueWith(_ => _asked.CompleteAdding(), TaskScheduler.Default);
        try
        {
            foreach (var action in _asked.GetConsumingEnumerable(CancellationToken.None))
            {
                action();
            }
        }
        catch
        {
            // Streams throw when the pipeline stops, and for -WarningAction Stop. What else was asked for is left undone.
            ended.Cancel();
            ending.GetAwaiter().GetResult();
            throw;
        }

        return running.GetAwaiter().GetResult();
    }

    public void Dispose() => _asked.Dispose();
}
