using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Where a receipt goes beside the streams: into a variable, and onto the screen where the streams are closed, because the
/// pipeline was stopped.
/// </summary>
internal sealed class ReceiptSlot(PSCmdlet cmdlet)
{
    private PSVariableIntrinsics? _variables;

    /// <summary>Name of the variable; null for none.</summary>
    public string? Variable
    {
        get;
        set
        {
            field = value;
            // While parameters are bound: a fault of any other cmdlet skips the end, and that of another's beginning this one's too.
            // After SIGTERM nothing begins any more, and the receipt of the run that it ended is the last.
            if (!StopSignal.WasGiven)
            {
                _variables = cmdlet.SessionState.PSVariable;
                Fill(Receipt.Failed("pipeline", DateTimeOffset.UtcNow, NotEnded("so nothing was counted")));
            }
        }
    }

    /// <summary>Fills the variable; on the pipeline's thread.</summary>
    public void Fill(Receipt receipt)
    {
        if (Variable is { } name)
        {
            (_variables ?? cmdlet.SessionState.PSVariable).Set(name, receipt);
        }
    }

    /// <summary>The receipt of a cmdlet that did not come to its end.</summary>
    /// <param name="done">Of what came to it.</param>
    /// <param name="wasStopped">Ctrl-C, and what else stops a pipeline from outside.</param>
    public static Receipt Unended(Receipt done, bool wasStopped) =>
        wasStopped ? done.Stopped() : done.FailedBy(done.GetFault() ?? NotEnded("and what came to its last cmdlet is counted"));

    /// <summary>Fills the variable with it, and says it on the screen.</summary>
    /// <inheritdoc cref="Unended"/>
    public void FillUnended(Receipt done, bool wasStopped)
    {
        var receipt = Unended(done, wasStopped);
        if (_variables is not null)
        {
            Fill(receipt);
        }

        if (receipt.Received > 0)
        {
            Show(receipt);
        }
    }

    /// <summary>Says it to whoever looks at the screen of a pipeline that was stopped, whose streams take nothing more.</summary>
    public void Show(Receipt receipt)
    {
        if (ProgressBar.IsSeen)
        {
            cmdlet.Host?.UI?.WriteLine($"{receipt}");
        }
    }

    /// <summary>Something that was to be shown needed somebody who answers, or a screen.</summary>
    public static LoginEtlException NotShown(Exception e) => new(
        ErrorId.RunNotEnded, $"A warning could not be shown ({e.GetType().Name}), so the run was stopped; what was done until then is counted.",
        "Where nobody answers, leave out what makes warnings ask: -Debug, and -WarningAction or a preference of Inquire. What was not written is in its queue: run again.");

    private static LoginEtlException NotEnded(string what) => new(
        ErrorId.RunNotEnded, $"The pipeline has not come to its end, {what}.",
        "See what ended it. What was not written is in its queue: run again.");
}
