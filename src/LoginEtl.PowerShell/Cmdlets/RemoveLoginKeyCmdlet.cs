using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Remove-LoginKey: destroys the bytes of a disabled key. What rows still carry under it can never be opened again.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "LoginKey", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(LoginKey))]
public sealed class RemoveLoginKeyCmdlet : KeyCmdlet
{
    /// <summary>Says that no row carries the key's prefix any more, or that what does is to be lost.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override string Action => "Destroy the key for good";

    /// <inheritdoc/>
    protected override LoginKey Change(KeysetChange change)
    {
        RequireUnused(change);
        return change.Destroy(KeyId);
    }

    // The one place that decides whether a key is still needed.
    private void RequireUnused(KeysetChange change)
    {
        if (!Force)
        {
            var prefix = change.Find(KeyId).TokenPrefix;
            throw new LoginEtlException(
                "KeyMayBeInUse", FaultKind.Configuration, "Whether rows still carry this key's prefix has not been looked at. Nothing was changed.",
                prefix is null
                    ? "Give -Force once nothing is left that was sealed to it."
                    : $"Look for rows whose tokens begin with {prefix}, and give -Force when there are none.");
        }
    }
}
