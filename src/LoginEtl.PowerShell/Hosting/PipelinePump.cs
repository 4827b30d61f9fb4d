using System.Collections.Concurrent;

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

    /// <summary>Runs <paramref name="work"/> and answers what it does.</summary>
    public T Run<T>(Func<Task<T>> work)
    {
        var running = Task.Run(work);
        running.ContinueWith(_ => _asked.CompleteAdding(), TaskScheduler.Default);
        foreach (var action in _asked.GetConsumingEnumerable())
        {
            action();
        }

        return running.GetAwaiter().GetResult();
    }

    public void Dispose() => _asked.Dispose();
}
