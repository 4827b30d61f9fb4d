using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Ports;
using LoginEtl.Protecting;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl;

/// <summary>The whole job as a host's settings name it: from which queue, into which database, and how.</summary>
/// <param name="queues">Opens the queue.</param>
/// <param name="databases">Opens the database.</param>
public sealed class EtlJob(IQueueConnector queues, IDatabaseConnector databases)
{
    /// <summary>The queue.</summary>
    public required QueueSettings From { get; init; }

    /// <summary>How it is received from.</summary>
    public required ReceiveOptions Receive { get; init; }

    /// <summary>The database.</summary>
    public required DatabaseSettings Into { get; init; }

    /// <summary>How rows are written.</summary>
    public required SinkOptions Sink { get; init; }

    /// <summary>Batching.</summary>
    public required BatchOptions Batch { get; init; }

    /// <summary>Told once all is open and nothing is received yet. May be null.</summary>
    public Action<RunStart>? Started { get; init; }

    /// <summary>Told of what is worth a warning before the run begins; may be null.</summary>
    public Action<string>? Warned { get; init; }

    /// <summary>Told of a run that goes on; may be null.</summary>
    public SoFar? SoFar { get; init; }

    /// <summary>Connects, and runs as <see cref="EtlRun"/> does.</summary>
    /// <param name="protectors">Stays the caller's.</param>
    /// <param name="batchWritten">Told of every batch, on a background thread; may be null.</param>
    /// <param name="stop">Stops well.</param>
    /// <exception cref="LoginEtlException">The run could not begin; nothing was received.</exception>
    /// <exception cref="OperationCanceledException">It was stopped before it began.</exception>
    public async Task<Receipt> RunAsync(ProtectorSource protectors, Action<BatchReport>? batchWritten, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(protectors);
        // The table first: nothing is received that could not be written.
        var sink = await new OpeningWait(Receive).OpenAsync(() => databases.WriteToAsync(Into, Sink, stop), stop).ConfigureAwait(false);
        await using (sink.ConfigureAwait(false))
        {
            var startedAt = DateTimeOffset.UtcNow;
            var queue = EnvironmentSettings.QueueName(From.Queue);
            var notices = await sink.BeginRunAsync(queue, stop).ConfigureAwait(false);
            try
            {
                foreach (var notice in notices)
                {
                    Warned?.Invoke(notice);
                }

                var receipt = await RunAsync(sink, protectors, batchWritten, stop).ConfigureAwait(false);
                return receipt with { Link = await sink.EndRunAsync(receipt).ConfigureAwait(false) };
            }
            catch (Exception e)
            {
                var receipt = Receipt.Failed(queue, startedAt, e as LoginEtlException ?? LoginEtlException.Unexpected(e));
                await sink.EndRunAsync(e is OperationCanceledException ? receipt.Stopped() : receipt).ConfigureAwait(false);
                throw;
            }
        }
    }

    private async Task<Receipt> RunAsync(IRecordSink sink, ProtectorSource protectors, Action<BatchReport>? batchWritten, CancellationToken stop)
    {
        protectors.TryFollow(await sink.KeysAsync(stop).ConfigureAwait(false));
        await sink.RequireKeysAsync(protectors.Current.Keys, stop).ConfigureAwait(false);
        var source = await new OpeningWait(Receive).OpenAsync(() => queues.ReceiveFromAsync(From, Receive, stop), stop).ConfigureAwait(false);
        Started?.Invoke(new RunStart(source.Name, sink.Place, protectors.Current.Keys) { PingAsync = sink.PingAsync });
        return await EtlRun.RunAsync(source, protectors, sink, Batch, batchWritten, stop, SoFar).ConfigureAwait(false);
    }
}

/// <summary>What a run is about to do.</summary>
/// <param name="Queue">From which queue.</param>
/// <param name="Place">Into which table of which database.</param>
/// <param name="Keys">Under which keys.</param>
public sealed record RunStart(string Queue, string Place, IReadOnlyList<StoredKey> Keys)
{
    /// <summary>Asks the database for an answer while the run goes on; throws as <see cref="IRecordSink.PingAsync"/> does.</summary>
    public Func<CancellationToken, Task> PingAsync { get; init; } = _ => Task.CompletedTask;

    /// <summary>The key of each attribute, by the prefix of its tokens.</summary>
    public string Under => string.Join(" and ", Keys.Select(k => $"{k.Attribute} under {k.Prefix}"));

    /// <summary>In a sentence.</summary>
    public override string ToString() => $"LoginEtl {ProgramVersion.Text} moves the queue {Queue} into {Place}, {Under}.";
}
