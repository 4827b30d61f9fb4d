using System.Management.Automation;
using LoginEtl.Keysets;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What the cmdlets that change one keyset share.</summary>
public abstract class KeysetCmdlet : LoginCmdlet
{
    /// <summary>Key source: a folder, file:FOLDER or awskms:FOLDER?key=KEY; LOGINETL_KEYSET when not given.</summary>
    [Parameter(Position = 0)]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? Keyset { get; set; }

    /// <summary>The keyset: ip, device_id, ip.mac, device_id.mac, ip.pfx, quarantine or escrow.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Given<SettingText>]
    [ArgumentCompleter(typeof(KeysetNameCompleter))]
    [ValidateNotNullOrEmpty]
    public SettingText? Name { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => "a keyset's -Name, which keys from Get-LoginKeyset have";

    /// <inheritdoc/>
    protected override object? Input => Name;

    /// <summary>Opens it for a change.</summary>
    /// <param name="otherwise">The key source where none is given, nor set by the variable.</param>
    protected KeysetChange OpenForChange(SettingText? otherwise = null) =>
        Guard(() => KeysetChange.Of(KeySources.Require(Keyset ?? otherwise), Name!.Reveal(), KeySources.Access(this, StopToken)), Name);

    /// <summary>One key as it is, for ShouldProcess to name.</summary>
    protected LoginKey Find(KeysetChange change, uint keyId) => Guard(() => change.Find(keyId), Name);
}
