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

    /// <summary>Told of a run that goes on; may be null.</summary>
    public SoFar? SoFar { get; init; }

    /// <summary>Connects, and runs as <see cref="EtlRun"/> does.</summary>
    /// <param name="protectors">Stays the caller's.</param>
    /// <param name="batchWritten">Told of every batch, on a background thread; may be null.</param>
    /// <param name="stop">Stops well.</param>
    /// <exception cref="Faults.LoginEtlException">The run could not begin; nothing was received.</exception>
    /// <exception cref="OperationCanceledException">It was stopped before it began.</exception>
    public async Task<Receipt> RunAsync(ProtectorSource protectors, Action<BatchReport>? batchWritten, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(protectors);
        // The table first: nothing is received that could not be written.
        var sink = await databases.WriteToAsync(Into, Sink, stop).ConfigureAwait(false);
        await using (sink.ConfigureAwait(false))
        {
            protectors.TryFollow(await sink.KeysAsync(stop).ConfigureAwait(false));
            await sink.RequireKeysAsync(protectors.Current.Keys, stop).ConfigureAwait(false);
            var source = await queues.ReceiveFromAsync(From, Receive, stop).ConfigureAwait(false);
            Started?.Invoke(new RunStart(source.Name, sink.Place, protectors.Current.Keys) { PingAsync = sink.PingAsync });
            return await EtlRun.RunAsync(source, protectors, sink, Batch, batchWritten, stop, SoFar).ConfigureAwait(false);
        }
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
