using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Import-LoginKey: brings keys of a backup into a key folder that has moved on since. What the folder lacks comes in, not
/// primary; what it has stays as it is. A keyset that it lacks altogether comes in as it is in the backup.
/// </summary>
[Cmdlet(VerbsData.Import, "LoginKey", SupportsShouldProcess = true)]
[OutputType(typeof(LoginKey))]
public sealed class ImportLoginKeyCmdlet : LoginCmdlet
{
    /// <summary>Key source: a folder, file:FOLDER or awskms:FOLDER?key=KEY; LOGINETL_KEYSET when not given.</summary>
    [Parameter(Position = 0)]
    [Given<SettingText>]
    [Alias("Path")]
    [ValidateNotNullOrEmpty]
    public SettingText? Keyset { get; set; }

    /// <summary>The backup: a key source of any kind.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? From { get; set; }

    /// <summary>The keysets to bring keys into; all of the backup's when not given.</summary>
    [Parameter]
    [Given<SettingText[]>]
    [ArgumentCompleter(typeof(KeysetNameCompleter))]
    [ValidateNotNullOrEmpty]
    public SettingText[] Name { get; set; } = [];

    /// <summary>Brings back keys that were removed from the folder, too; without it they stay removed, with a warning.</summary>
    [Parameter]
    public SwitchParameter IncludeDestroyed { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var import = Guard(() => KeyImport.Of(KeySources.Require(Keyset), From!.Reveal(), [.. Name.Select(n => n.Reveal())], IncludeDestroyed, KeySources.Access(this, StopToken)));
        var planned = Guard(import.Preview, import.Folder);
        foreach (var key in planned.LeftDestroyed)
        {
            WriteWarning($"{key} was removed from {import.Folder} and stays removed; -IncludeDestroyed brings it back.");
        }

        foreach (var key in planned.NewPrimaries)
        {
            WriteWarning($"{import.Folder} had no keyset {key.Name}: the backup's comes in whole, and its key {key.KeyId} (check value {key.CheckValue}) is used from now on. Compare it with the check value that was noted.");
        }

        foreach (var key in planned.Added.Where(k => !planned.NewPrimaries.Contains(k)))
        {
            var does = key.Name switch
            {
                "audit" => "it vouches for lines and anchors, too",
                "quarantine" or "escrow" => "what it has sealed may be in the database; nothing more is sealed to it before it is primary",
                _ => "it opens what it has made, and is masked with where the database says so",
            };
            WriteWarning($"{key} (check value {key.CheckValue}) comes in beside those of {import.Folder}: from now on {does}. Compare it with the check value that was noted.");
        }

        if (planned.Added.Count == 0)
        {
            WriteVerbose($"{import.Folder} lacks no key of the backup.");
        }
        else if (ShouldProcess(import.Folder, $"Import {string.Join(", ", planned.Added)}"))
        {
            WriteObject(Guard(import.Run, import.Folder).Added, enumerateCollection: true);
        }
    }
}
