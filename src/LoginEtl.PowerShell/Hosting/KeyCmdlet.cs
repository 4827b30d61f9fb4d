using System.Management.Automation;
using LoginEtl.Keysets;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What the cmdlets that change one key share: they take it by id, or from Get-LoginKeyset.</summary>
public abstract class KeyCmdlet : KeysetCmdlet
{
    /// <summary>Id of the key.</summary>
    [Parameter(Mandatory = true, Position = 2, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(KeyIdCompleter))]
    public uint KeyId { get; set; }

    /// <summary>What it does, as ShouldProcess says it.</summary>
    protected abstract string Action { get; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var change = OpenForChange();
        var key = Find(change, KeyId);
        if (!ShouldProcess($"{key} ({key.TokenPrefix ?? key.Method}) in {change.Path}", Action))
        {
            return;
        }

        WriteObject(Guard(() => Change(change), key.ToString()));
    }

    /// <summary>Does it.</summary>
    /// <param name="change">The keyset.</param>
    protected abstract LoginKey Change(KeysetChange change);
}
