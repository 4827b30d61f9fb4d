using System.Management.Automation;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Records;
using LoginEtl.Running;
using LoginEtl.Settlement;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Invoke-LoginEtl: receive, protect and write in one call, for scheduled runs. Always emits a receipt, a failed one
/// too, so that a script can end with its exit code.
/// </summary>
/// <example>
/// <code>exit (Invoke-LoginEtl login-queue keys/ $dsn).ExitCode</code>
/// <para>A scheduled run: 0 all well, 1 failed, 2 finished with rejects.</para>
/// </example>
/// <example>
/// <code>Invoke-LoginEtl -Wait</code>
/// <para>Goes on until SIGTERM or Ctrl-C; queue, keys and database are those of the environment.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "LoginEtl")]
[OutputType(typeof(Receipt))]
public sealed class InvokeLoginEtlCmdlet : JobCmdlet
{
    /// <summary>Goes on for ever instead of ending when the queue is drained.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Ends after this many messages.</summary>
    [Parameter]
    [ValidateRange(1L, long.MaxValue)]
    public long? MaxMessages { get; set; }

    /// <summary>Ends after this time; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? MaxDuration { get; set; }

    /// <summary>How long the queue must look empty before the run ends; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? DrainWindow { get; set; }

    /// <summary>Longest wait for messages that other consumers hold; a number is seconds.</summary>
    [Parameter]
    [Duration]
    public TimeSpan DrainTimeout { get; set; } = new ReceiveOptions().DrainTimeout;

    /// <summary>A null ip or device id stays NULL instead of going to quarantine.</summary>
    [Parameter]
    public SwitchParameter AllowNullPii { get; set; }

    /// <summary>Stands in for a null locale.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DefaultLocale { get; set; }

    /// <summary>Rows a batch.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int BatchSize { get; set; } = new BatchOptions().BatchSize;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var startedAt = DateTimeOffset.UtcNow;
        Receipt receipt;
        LoginEtlException? fault = null;
        try
        {
            receipt = Run();
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            if (StopToken.IsCancellationRequested)
            {
                throw new PipelineStoppedException();
            }

            fault = e as LoginEtlException ?? LoginEtlException.Unexpected(e);
            receipt = Receipt.Failed(Queue ?? "no queue", startedAt, fault);
        }

        WriteObject(receipt);
        if (receipt.Error is { } error)
        {
            WriteError(FaultRecord.Of(fault ?? new LoginEtlException("RunFailed", FaultKind.Failed, error, "What was not written is in the queue: run again."), receipt.Source));
        }
    }

    private Receipt Run()
    {
        StopSignal.ThrowIfStopped();
        using var protectors = new ProtectorSource(
            KeyringReader(), new ProtectOptions { Methods = Methods(), AllowNullPii = AllowNullPii, DefaultLocale = DefaultLocale });
        var (database, queue) = (ConnectionSettings(), QueueSettings());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        using var signal = StopSignal.Register(stop.Cancel);
        using var pump = new PipelinePump();
        var progress = new RunProgress(this, queue.Queue);
        var receipt = pump.Run(async () =>
        {
            // The table first: nothing is received that could not be written.
            await using var sink = await Connectors.Database.WriteToAsync(database, SinkOptions(), stop.Token).ConfigureAwait(false);
            var source = await Connectors.Queue.ReceiveFromAsync(queue, ReceiveOptions(), stop.Token).ConfigureAwait(false);
            return await EtlRun.RunAsync(
                source, protectors, sink, new BatchOptions { BatchSize = BatchSize }, batch => pump.Post(() => Report(batch, progress)), stop.Token)
                .ConfigureAwait(false);
        });
        progress.Complete();
        return receipt;
    }

    private void Report(BatchReport batch, RunProgress progress)
    {
        foreach (var reject in batch.Logins.OfType<SealedReject>())
        {
            Rejects.Warn(this, reject.MessageId, new Rejection(reject.Reason, reject.Field));
        }

        foreach (var group in batch.Held)
        {
            WriteWarning(group.ToString());
        }

        WriteVerbose(BatchText.Of(batch));
        progress.Add(batch);
    }

    private ReceiveOptions ReceiveOptions() => new()
    {
        WaitForever = Wait,
        MaxMessages = MaxMessages,
        MaxDuration = MaxDuration,
        DrainWindow = DrainWindow,
        DrainTimeout = DrainTimeout,
    };
}
