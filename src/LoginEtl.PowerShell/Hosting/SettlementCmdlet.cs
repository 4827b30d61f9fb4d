using System.Management.Automation;
using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What settling by hand shares: it takes whatever came from a queue, at any point of a pipeline.</summary>
public abstract class SettlementCmdlet : LoginCmdlet
{
    private const string Deliveries = "logins, rejects or records of a queue, from Receive-LoginMessage or Protect-LoginPii";
    private ManualSettlement? _settlement;

    /// <summary>Logins, rejects or records whose messages are to be settled.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [LiveObject<IDelivered>(Deliveries)]
    public IDelivered[]? InputObject { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => Deliveries;

    /// <inheritdoc/>
    protected override object? Input => InputObject;

    /// <inheritdoc/>
    protected override void Begin() => _settlement = Own(Open());

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (var login in InputObject!)
        {
            if (ShouldProcess(login.MessageId) && !_settlement!.Add(login))
            {
                WriteError(FaultRecord.Of(DeliveryNotHeld.Of(login), login.MessageId));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Await(() => _settlement!.DisposeAsync().AsTask());

    /// <summary>How this cmdlet settles.</summary>
    protected abstract ManualSettlement Open();
}
