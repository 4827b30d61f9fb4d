using System.Management.Automation;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Confirm-LoginMessage: deletes messages, for pipelines that end elsewhere than in the database.</summary>
[Cmdlet(VerbsLifecycle.Confirm, "LoginMessage", SupportsShouldProcess = true)]
public sealed class ConfirmLoginMessageCmdlet : SettlementCmdlet
{
    /// <inheritdoc/>
    protected override ManualSettlement Open() => ManualSettlement.Deleting();
}
