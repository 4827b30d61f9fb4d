using System.Management.Automation;
using LoginEtl.Audit;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Subjects;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Remove-LoginSubject: erases one person from the table, the quarantine and the vault, under every enabled key, in one
/// transaction; messages of theirs that come again make nothing. It refuses while something could not be looked into. A line of
/// the audit says what is about to be removed before it is, and another that it was: its HMAC is on the receipt.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "LoginSubject", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Value")]
[OutputType(typeof(RemovalReceipt))]
public sealed class RemoveLoginSubjectCmdlet : SubjectCmdlet
{
    /// <inheritdoc/>
    private protected override void Run(Subject subject)
    {
        // Opening bodies is a recovery, and no dry run.
        var isDryRun = MyInvocation.BoundParameters.TryGetValue("WhatIf", out var given) ? LanguagePrimitives.IsTrue(given) : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));
        var audit = isDryRun ? null : OpenAudit();
        var opened = audit is null ? SealedFindings.None : LookIntoSealed(audit, subject);
        var data = Own(Await(() => Connectors.Database.OpenSubjectAsync(ConnectedBy!, subject, opened, StopToken), Table));
        var plan = Await(() => SubjectRemoval.PlanAsync(data, subject, StopToken), Table);
        var does = ShouldProcess($"{plan.Table}", FormattableString.Invariant($"Erase {plan.Rows} rows, {plan.Entries} entries of the quarantine and {plan.Originals} originals"));
        if (isDryRun)
        {
            if (plan is not { Sealed: 0, NotSearched: 0 })
            {
                WriteWarning(FormattableString.Invariant($"{plan.Sealed} sealed bodies and {plan.NotSearched} values of {plan.Table} were not looked into: as long as it is so, nothing is removed. Without -WhatIf bodies are opened by -PrivateKeyPath."));
            }

            WriteObject(plan);
        }
        else if (does)
        {
            Remove(data, audit!, subject);
        }
    }

    private void Remove(ISubjectData data, AuditLog audit, Subject subject)
    {
        var notes = new List<string>();
        var removal = new SubjectRemoval(data, audit, Options!) { Noted = notes.Add };
        var receipt = Await(() => removal.RunAsync(subject, StopToken), Table);
        notes.ForEach(Tell);
        WriteObject(receipt);
    }
}
