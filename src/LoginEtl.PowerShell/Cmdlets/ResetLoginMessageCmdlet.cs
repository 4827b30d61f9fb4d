using System.Management.Automation;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Reset-LoginMessage: makes messages visible in their queue again, now and not at the pipeline's end.</summary>
[Cmdlet(VerbsCommon.Reset, "LoginMessage", SupportsShouldProcess = true)]
public sealed class ResetLoginMessageCmdlet : SettlementCmdlet
{
    /// <inheritdoc/>
    protected override ManualSettlement Open() => ManualSettlement.Returning();
}
