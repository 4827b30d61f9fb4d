using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Rotation;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Add-LoginKey: a new key in a keyset, enabled and not yet primary, so that every host can be given it first. With -Database
/// the key is known there before its first use.
/// </summary>
[Cmdlet(VerbsCommon.Add, "LoginKey", SupportsShouldProcess = true)]
[OutputType(typeof(LoginKey))]
public sealed class AddLoginKeyCmdlet : RegisteredKeysetCmdlet
{
    /// <summary>For quarantine and escrow: the file of the private halves.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? PrivateKeyPath { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var change = OpenForChange();
        var privateKey = PrivateKeyPath is null ? null : PathOf(PrivateKeyPath, "-PrivateKeyPath");
        if (!ShouldProcess(change.Path, "Add a key"))
        {
            return;
        }

        // Before anything is changed: a database that is not there, or knows other keys by these ids, is known by then.
        var table = OpenTable();
        var keys = Guard(change.List);
        var look = table is null ? KeyLook.NotNeeded : Await(() => KeyRegistry.RequireAsync(table, keys, leaving: null, makesKnown: true, StopToken), Table);

        LoginKey? added = null;
        LoginKey Once() => added ??= change.Add(privateKey);
        if (table is null || !keys.Any(k => k.TokenPrefix is not null))
        {
            Guard(Once, Name);
        }
        else
        {
            Await(() => KeyRegistry.RegisterAsync(table, keys, look, () => (Once(), change.List()), StopToken), Table);
        }

        WriteObject(added);
    }
}
