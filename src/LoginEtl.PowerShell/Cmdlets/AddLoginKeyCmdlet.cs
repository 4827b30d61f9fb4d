using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Add-LoginKey: a new key in a keyset, enabled and not yet primary, so that every host can be given it first.</summary>
/// <example>
/// <code>Add-LoginKey keys/ ip</code>
/// <para>Adds a key to ip.json. Bring the folder to every host before Set-LoginPrimaryKey.</para>
/// </example>
[Cmdlet(VerbsCommon.Add, "LoginKey", SupportsShouldProcess = true)]
[OutputType(typeof(LoginKey))]
public sealed class AddLoginKeyCmdlet : KeysetCmdlet
{
    /// <summary>For quarantine and escrow: the file of the private halves.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PrivateKeyPath { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var change = OpenForChange();
        var privateKey = PrivateKeyPath is null ? null : GetUnresolvedProviderPathFromPSPath(PrivateKeyPath);
        if (ShouldProcess(change.Path, "Add a key"))
        {
            WriteObject(Guard(() => change.Add(privateKey), Name));
        }
    }
}
