using System.Threading.Channels;
using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>
/// Settles deliveries by hand, for pipelines that end elsewhere than in the database: deletes them, or makes them
/// visible again. Gathers for a moment, so that ten share a request. One caller.
/// </summary>
public sealed class ManualSettlement : IAsyncDisposable
{
    private const int MostAtOnce = 500;
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);

    private readonly Outcome _outcome;
    private readonly Channel<QueueDelivery> _waiting = Channel.CreateUnbounded<QueueDelivery>();
    private readonly HashSet<ReceivingRun> _runs = [];
    private readonly Task _settling;

    private ManualSettlement(Outcome outcome)
    {
        _outcome = outcome;
        _settling = Task.Run(SettleAsync);
    }

    /// <summary>Deletes what it is given.</summary>
    public static ManualSettlement Deleting() => new(Outcome.Confirmed);

    /// <summary>Makes visible again what it is given.</summary>
    public static ManualSettlement Returning() => new(Outcome.Returned);

    /// <summary>
    /// Settles one. False when there is nothing to settle: it is no longer held (settled, or its pipeline has ended and
    /// it went back), is in a writer's hands, or came from no queue.
    /// </summary>
    public bool Add(IDelivered login)
    {
        ArgumentNullException.ThrowIfNull(login);
        if (login.GetDelivery() is not QueueDelivery { Book: { Run: { } run } book } delivery)
        {
            return false;
        }

        if (!_runs.Contains(run))
        {
            if (!run.TryHold())
            {
                return false;
            }

            _runs.Add(run);
        }

        return book.Claim(delivery) && _waiting.Writer.TryWrite(delivery);
    }

    /// <summary>Settles what is still waiting and lets go of the runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_waiting.Writer.TryComplete())
        {
            return;
        }

        try
        {
            await _settling.ConfigureAwait(false);
        }
        finally
        {
            // Whatever the source did: a run that stays held never gives back what it holds.
            foreach (var run in _runs)
            {
                await run.ReleaseAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task SettleAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            await Task.WhenAny(_waiting.Reader.Completion, Task.Delay(Gather)).ConfigureAwait(false);
            var taken = new List<QueueDelivery>();
            while (taken.Count < MostAtOnce && _waiting.Reader.TryRead(out var delivery))
            {
                // What was returned while it waited here is no longer ours.
                if (_outcome == Outcome.Returned ? delivery.Run.Book.BeginReturn(delivery) : delivery.Run.Book.BeginCommit(delivery))
                {
                    taken.Add(delivery);
                }
            }

            foreach (var ofRun in taken.GroupBy(d => d.Run))
            {
                await SettleAsync(ofRun.Key, [.. ofRun]).ConfigureAwait(false);
            }
        }
    }

    private async Task SettleAsync(ReceivingRun run, List<QueueDelivery> deliveries)
    {
        if (_outcome == Outcome.Returned)
        {
            await run.ReturnAsync(deliveries, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        // Settled first: its heartbeat ends before its delete.
        deliveries.ForEach(d => run.Book.Settle(d, _outcome));
        await run.DeleteAsync(deliveries).ConfigureAwait(false);
    }
}
