using System.Management.Automation;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Confirm-LoginMessage: deletes messages, for pipelines that end elsewhere than in the database.</summary>
/// <example>
/// <code>Receive-LoginMessage login-queue | Protect-LoginPii keys/ | Where-Object UserId | ForEach-Object { $_ | Export-Csv logins.csv -Append -ErrorAction Stop; $_ } | Confirm-LoginMessage</code>
/// <para>Moves the logins of the queue into a CSV file. A message is deleted after its line has been written, and a line that cannot be written ends the pipeline. Rejects go back to the queue: a CSV file does not hold their bodies.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Confirm, "LoginMessage", SupportsShouldProcess = true)]
public sealed class ConfirmLoginMessageCmdlet : SettlementCmdlet
{
    /// <inheritdoc/>
    protected override ManualSettlement Open() => ManualSettlement.Deleting();
}
