using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Protecting;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Invoke-LoginEtl: receive, protect and write in one call, for scheduled runs. Always emits a receipt, a failed one
/// too, so that a script can end with its exit code.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "LoginEtl", SupportsShouldProcess = true)]
[OutputType(typeof(Receipt))]
public sealed partial class InvokeLoginEtlCmdlet : JobCmdlet
{
    // What the run came to, also where its words cannot be shown.
    private Receipt? _done;
    private RunReport? _report;

    private ReceiptSlot Slot => field ??= new ReceiptSlot(this);

    /// <summary>One that answers what is wrong with its parameters.</summary>
    public InvokeLoginEtlCmdlet() => Kept = BindingFaults.Open();

    /// <inheritdoc/>
    private protected override BindingFaults? Kept { get; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (BindingFault is { } wrong)
        {
            _report = RunReport.ForFailed(this, ReportPath);
            Answer(Receipt.Failed(EnvironmentSettings.QueueName(Queue?.Reveal()), DateTimeOffset.UtcNow, wrong));
            return;
        }

        var (isDryRun, isDeclined) = AskToWrite(Table);
        if (isDeclined)
        {
            return;
        }

        if (SettingVariables.Unknown() is { } unknown)
        {
            WriteWarning(unknown);
        }

        var startedAt = DateTimeOffset.UtcNow;
        Receipt receipt;
        try
        {
            receipt = Run(isDryRun);
        }
        catch (Exception e) when (e is PipelineStoppedException or ActionPreferenceStopException)
        {
            if (_done is { } done)
            {
                // Its streams may be closed, so nobody is told where the page cannot be written.
                _report?.Write(ReceiptSlot.Unended(done, StopToken.IsCancellationRequested));
                Slot.FillUnended(done, StopToken.IsCancellationRequested);
            }

            throw;
        }
        catch (Exception e)
        {
            if (StopToken.IsCancellationRequested)
            {
                throw new PipelineStoppedException();
            }

            // The run has ended by itself, and something that it said could not be shown.
            receipt = _done?.FailedBy(ReceiptSlot.NotShown(e))
                ?? Receipt.Failed(EnvironmentSettings.QueueName(Queue?.Reveal()), startedAt, e as LoginEtlException ?? LoginEtlException.Unexpected(e));
        }

        Answer(receipt);
    }

    private void Answer(Receipt receipt)
    {
        Slot.Fill(receipt);
        var unreported = _report?.Write(receipt);
        if (StopToken.IsCancellationRequested)
        {
            Slot.Show(receipt);
        }

        WriteObject(receipt);
        WarnOf(unreported);

        if (receipt.GetFault() is { } fault)
        {
            WriteError(FaultRecord.Of(fault, receipt.Source));
        }
    }

    // Where nobody answers, a warning that asks cannot be shown. The receipt stays as it is.
    private void WarnOf(string? unreported)
    {
        try
        {
            if (unreported is not null)
            {
                WriteWarning(unreported);
            }
        }
        catch (Exception e) when (e is not (PipelineStoppedException or ActionPreferenceStopException))
        {
        }
    }

    private Receipt Run(bool isDryRun)
    {
        _report = RunReport.For(this, ReportPath, isDryRun);
        StopSignal.ThrowIfStopped();
        var methods = Methods();
        var form = EnvironmentSettings.OneOf(IpForm, EnvironmentSettings.IpFormVariable, Masking.IpForm.Strict);
        using var protectors = new ProtectorSource(
            KeyringReader(), new ProtectOptions { Methods = methods, IpForm = form, AllowNullPii = AllowNullPii, DefaultLocale = DefaultLocale?.Reveal(), OnPiiFound = OnPiiFound });
        using var pump = new PipelinePump();
        var receive = ReceiveOptions(isDryRun) with { Waiting = Waiting };
        var job = new EtlJob(Connectors.Queue, Connectors.Database)
        {
            Into = ConnectionSettings(),
            Sink = SinkOptions(methods) with { MaxRejectRatio = MaxRejectRatio, OnBadInGroup = OnBadInGroup, OnSuppressed = OnSuppressed, NewKey = NewKey, DryRun = isDryRun, RetryFor = receive.RetryFor, Waiting = Waiting },
            From = QueueSettings(),
            Receive = receive,
            Batch = new BatchOptions { BatchSize = BatchSize, FlushInterval = FlushInterval, DryRun = isDryRun },
            Warned = Waiting,
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        using var signal = StopSignal.Register(stop.Cancel);
        var progress = new RunProgress(this, EnvironmentSettings.QueueName(job.From.Queue));
        var wouldBe = new RunCounts();
        try
        {
            var receipt = pump.Run(async ended => _done = await job.RunAsync(protectors, Told, ended).ConfigureAwait(false), stop.Token);
            if (isDryRun)
            {
                WriteHostLine(BatchText.WhatIf(wouldBe));
            }

            if (ReceiptText.PiiWarning(receipt) is { } found)
            {
                Say(() => WriteWarning(found));
            }

            return receipt;
        }
        finally
        {
            progress.Complete();
        }

        void Waiting(string text) => pump.Post(() => Say(() => WriteWarning(text)));

        void Told(BatchReport batch)
        {
            _report?.Add(batch);
            pump.Post(() =>
            {
                wouldBe.Add(batch.Outcomes);
                Say(() => Report(batch, progress));
            });
        }
    }

    private void Report(BatchReport batch, RunProgress progress)
    {
        foreach (var warning in BatchText.Warnings(batch))
        {
            WriteWarning(warning);
        }

        WriteVerbose(BatchText.Of(batch));
        progress.Add(batch);
    }

    // The streams of a pipeline that was stopped throw; its run ends well by itself.
    private void Say(Action say)
    {
        if (!StopToken.IsCancellationRequested)
        {
            say();
        }
    }

    // A dry run settles nothing, so a full cap would never empty again.
    private ReceiveOptions ReceiveOptions(bool isDryRun) => new()
    {
        WaitForever = Wait && !isDryRun,
        MaxMessages = isDryRun ? Math.Min(Math.Min(WhatIfLimit, MaxHeld), MaxMessages ?? long.MaxValue) : MaxMessages,
        MaxDuration = MaxDuration,
        DrainWindow = DrainWindow,
        DrainTimeout = DrainTimeout,
        RetryFor = LoginEtl.Settings.ReceiveOptions.RetryForOf(RetryFor, Wait),
        Receivers = Receivers,
        MaxHeld = MaxHeld,
        Decoding = DecodingParameters.Read(Envelope, IdentityFrom),
        MaxHeldBytes = MaxHeldBytes ?? LoginEtl.Settings.ReceiveOptions.DefaultMaxHeldBytes,
    };
}
