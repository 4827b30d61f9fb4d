using System.Management.Automation;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Reset-LoginMessage: makes messages visible in their queue again, now and not at the pipeline's end.</summary>
/// <example>
/// <code>Receive-LoginMessage login-queue | ForEach-Object { if ($_.DeviceType -eq 'tv') { $_ | Reset-LoginMessage } else { $_ } } | Protect-LoginPii keys/ | Write-LoginRecord $dsn</code>
/// <para>Leaves some messages to another consumer at once.</para>
/// </example>
[Cmdlet(VerbsCommon.Reset, "LoginMessage", SupportsShouldProcess = true)]
public sealed class ResetLoginMessageCmdlet : SettlementCmdlet
{
    /// <inheritdoc/>
    protected override ManualSettlement Open() => ManualSettlement.Returning();
}
