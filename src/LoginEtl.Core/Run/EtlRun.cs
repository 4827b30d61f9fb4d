using LoginEtl.Faults;
using LoginEtl.Protecting;

namespace LoginEtl.Run;

/// <summary>The whole job without a pipeline: receive, protect, write, settle, receipt.</summary>
public static class EtlRun
{
    // What is in hand gets this long once a run is to stop: while the database is away, it goes back to the queue then.
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Runs until the source ends, <paramref name="stop"/> is cancelled or something fails, settles everything, and
    /// answers the receipt. A failure is in the receipt (<see cref="Receipt.Error"/>), not thrown.
    /// </summary>
    /// <param name="source">Taken over and closed.</param>
    /// <param name="protectors">Stays the caller's. Follows the database's primary keys.</param>
    /// <param name="sink">Stays the caller's.</param>
    /// <param name="options">Batching.</param>
    /// <param name="batchWritten">Told of every batch, on a background thread; may be null.</param>
    /// <param name="stop">Stops well: what is held is written, the rest stays in the queue.</param>
    /// <param name="soFar">Told of the counts while it goes on; may be null.</param>
    /// <param name="stopWithin">How long what is in hand may take once it is to stop; ten seconds when null.</param>
    public static async Task<Receipt> RunAsync(
        IMessageSource source, ProtectorSource protectors, IRecordSink sink, BatchOptions options, Action<BatchReport>? batchWritten,
        CancellationToken stop, SoFar? soFar = null, TimeSpan? stopWithin = null)
    {
        ArgumentNullException.ThrowIfNull(protectors);
        var writer = new BatchWriter(sink, options) { BatchWritten = batchWritten };
        var run = new ReceivingRun(source);
        using var late = new CancellationTokenSource();
        var stopping = stop.Register(() =>
        {
            run.Stop();
            late.CancelAfter(stopWithin ?? StopWithin);
        });
        var telling = soFar is null ? null : new Timer(_ => soFar.Told(run.Receipt()), null, soFar.Every, soFar.Every);
        try
        {
            await TransferAsync(run, protectors, writer, late.Token).ConfigureAwait(false);
            await writer.CompleteAsync(late.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            // Stopped: what is not written is in the queue still.
        }
        catch (Exception e)
        {
            run.Fail(e as LoginEtlException ?? LoginEtlException.Unexpected(e));
        }
        finally
        {
            await stopping.DisposeAsync().ConfigureAwait(false);
            if (telling is not null)
            {
                await telling.DisposeAsync().ConfigureAwait(false);
            }

            await writer.DisposeAsync().ConfigureAwait(false);
            await run.ReleaseAsync().ConfigureAwait(false);
        }

        return run.Receipt();
    }

    private static async Task TransferAsync(ReceivingRun run, ProtectorSource protectors, BatchWriter writer, CancellationToken late)
    {
        while (await run.ReceiveAsync(CancellationToken.None).ConfigureAwait(false) is { Count: > 0 } logins)
        {
            foreach (var login in protectors.Current.Protect(logins))
            {
                await writer.AddAsync(login, late).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>Who is told of a run that goes on, and how often.</summary>
/// <param name="Told">Told of the receipt as it stands, which does not balance while messages are in hand; on a background thread.</param>
/// <param name="Every">Between two.</param>
public sealed record SoFar(Action<Receipt> Told, TimeSpan Every);
