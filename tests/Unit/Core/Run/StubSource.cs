using System.Text;
using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Unit.Core.Run;

/// <summary>A source that does what no server can be made to do. Hands over what it was given, then ends or waits.</summary>
internal sealed class StubSource(Journal journal, int capacity = 100_000) : IMessageSource
{
    private readonly Queue<ReceivedMessage> _arrived = [];
    private int _disposed;

    public string Name { get; init; } = "queue";

    public InFlightMessages Book { get; } = new(capacity);

    public RunEnd RunEnd { get; } = new(TimeSpan.Zero);

    /// <summary>Waits for Stop or Fail instead of ending when everything is handed over.</summary>
    public bool WaitForever { get; init; }

    /// <summary>Messages a handover.</summary>
    public int Handover { get; init; } = 10;

    public Func<Exception>? ReceiveFault { get; set; }

    public Func<IReadOnlyCollection<QueueDelivery>, Task>? OnDelete { get; set; }

    /// <summary>Stands in for the return; null returns everything.</summary>
    public Func<IReadOnlyCollection<QueueDelivery>, Task>? OnReturn { get; set; }

    public int Disposed => _disposed;

    /// <summary>Admits a delivery and lets it arrive.</summary>
    public QueueDelivery Add(string? id = null, string body = Deliveries.Body, FifoPosition? group = null)
    {
        var delivery = Deliveries.New(id, group: group);
        if (Book.Admit(delivery))
        {
            _arrived.Enqueue(new ReceivedMessage(delivery, Encoding.UTF8.GetBytes(body)));
        }

        return delivery;
    }

    public List<QueueDelivery> AddMany(int count) => [.. Enumerable.Range(0, count).Select(_ => Add())];

    public async Task<IReadOnlyList<ReceivedMessage>> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_arrived.Count == 0)
        {
            if (ReceiveFault is { } fault)
            {
                throw fault();
            }

            if (WaitForever)
            {
                await Task.Delay(Timeout.Infinite, RunEnd.Stopping).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        RunEnd.ThrowIfFailed();
        var messages = new List<ReceivedMessage>();
        while (messages.Count < Handover && _arrived.TryDequeue(out var message))
        {
            messages.Add(message);
        }

        return messages;
    }

    public async Task DeleteAsync(IReadOnlyCollection<QueueDelivery> settled, CancellationToken cancellationToken)
    {
        journal.Add("delete", settled);
        if (OnDelete is not null)
        {
            await OnDelete(settled);
        }

        journal.Add("deleted", settled);
    }

    public async Task ReturnAsync(IReadOnlyCollection<QueueDelivery> unsettled, CancellationToken cancellationToken)
    {
        journal.Add("return", unsettled);
        if (OnReturn is not null)
        {
            await OnReturn(unsettled);
            return;
        }

        foreach (var delivery in unsettled)
        {
            Book.Settle(delivery, Outcome.Returned);
        }
    }

    public ValueTask DisposeAsync()
    {
        Interlocked.Increment(ref _disposed);
        journal.Add($"dispose {Name}");
        return ValueTask.CompletedTask;
    }
}
