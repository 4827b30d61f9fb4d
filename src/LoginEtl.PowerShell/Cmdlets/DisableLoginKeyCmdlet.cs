using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Disable-LoginKey: the key is kept and opens nothing any more; Enable-LoginKey takes it back.</summary>
[Cmdlet(VerbsLifecycle.Disable, "LoginKey", SupportsShouldProcess = true)]
[OutputType(typeof(LoginKey))]
public sealed class DisableLoginKeyCmdlet : KeyCmdlet
{
    /// <inheritdoc/>
    protected override string Action => "Disable";

    /// <inheritdoc/>
    protected override bool Leaves => true;

    /// <inheritdoc/>
    protected override LoginKey Change(KeysetChange change) => change.Disable(KeyId);
}
