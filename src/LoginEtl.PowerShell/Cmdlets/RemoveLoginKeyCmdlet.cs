using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Rotation;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Remove-LoginKey: destroys the bytes of a disabled key. What rows still carry under it can never be opened again: with
/// -Database it refuses while there are any.
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
    protected override bool Leaves => true;

    /// <inheritdoc/>
    protected override LoginKey Change(KeysetChange change) => change.Destroy(KeyId);

    /// <inheritdoc/>
    protected override void Check(LoginKey key, ITokenTable? table)
    {
        // Those of the audit are refused whatever is given.
        if (Force || key.Name == "audit")
        {
            return;
        }

        if (key.TokenPrefix is null || table is null)
        {
            Guard<object?>(() => throw new LoginEtlException(
                ErrorId.KeyMayBeInUse, "Whether rows still carry this key's prefix has not been looked at. Nothing was changed.",
                key.TokenPrefix is null
                    ? "Give -Force once nothing is left that was sealed to it."
                    : $"Name the database with -Database, which is looked at; or give -Force when no token begins with {key.TokenPrefix}."));
        }
    }

    /// <inheritdoc/>
    protected override void Record(ITokenTable table, IReadOnlyList<LoginKey> keys, LoginKey key, Func<(LoginKey Changed, IReadOnlyList<LoginKey> Keyset)> change)
    {
        if (Force || key.Status != KeyStatus.Disabled)
        {
            base.Record(table, keys, key, change);
            return;
        }

        Await(() => KeyRegistry.RemoveAsync(table, keys, key, Look, change, StopToken), Table);
    }
}
