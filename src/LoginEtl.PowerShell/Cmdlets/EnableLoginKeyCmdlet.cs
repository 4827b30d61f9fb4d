using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Enable-LoginKey: takes Disable-LoginKey back.</summary>
[Cmdlet(VerbsLifecycle.Enable, "LoginKey", SupportsShouldProcess = true)]
[OutputType(typeof(LoginKey))]
public sealed class EnableLoginKeyCmdlet : KeyCmdlet
{
    /// <inheritdoc/>
    protected override string Action => "Enable";

    /// <inheritdoc/>
    protected override LoginKey Change(KeysetChange change) => change.Enable(KeyId);
}
