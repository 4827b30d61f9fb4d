using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Disable-LoginKey: the key is kept and opens nothing any more; Enable-LoginKey takes it back.</summary>
/// <example>
/// <code>Get-LoginKeyset keys/ | Where-Object { $_.Name -eq 'ip' -and $_.Status -eq 'Enabled' -and -not $_.IsPrimary } | Disable-LoginKey keys/ -Database $dsn</code>
/// <para>Disables all keys of ip but the primary; those that were removed are listed still, and passed over.</para>
/// </example>
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
