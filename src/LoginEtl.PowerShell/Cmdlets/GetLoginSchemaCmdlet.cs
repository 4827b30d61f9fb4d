using System.Management.Automation;
using LoginEtl.Contract;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Get-LoginSchema: a JSON Schema of the logins that a run takes, for teams that send them. Its lengths and versions come from the table, where one is named.</summary>
[Cmdlet(VerbsCommon.Get, "LoginSchema")]
[OutputType(typeof(string))]
public sealed class GetLoginSchemaCmdlet : ContractCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(LoginSchema.Of(Masking(), Rules().Limits));
}
