using System.Management.Automation;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Running;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Confirm-LoginMessage: deletes messages, for pipelines that end elsewhere than in the database.</summary>
/// <example>
/// <code>Receive-LoginMessage login-queue | Protect-LoginPii keys/ | ForEach-Object { $_ | Export-Csv logins.csv -Append; $_ } | Confirm-LoginMessage</code>
/// <para>Moves the queue into a CSV file. A message is deleted after its line has been written.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Confirm, "LoginMessage", SupportsShouldProcess = true)]
public sealed class ConfirmLoginMessageCmdlet : SettlementCmdlet
{
    /// <inheritdoc/>
    protected override HandSettlement Begin() => HandSettlement.Deleting();
}
