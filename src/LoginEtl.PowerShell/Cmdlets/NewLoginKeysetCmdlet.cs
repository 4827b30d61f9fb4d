using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>New-LoginKeyset: makes a complete folder of keysets.</summary>
/// <example>
/// <code>New-LoginKeyset keys/</code>
/// <para>Makes keys/ and keys-private/. Move the latter to another machine, and back the former up.</para>
/// </example>
[Cmdlet(VerbsCommon.New, "LoginKeyset", SupportsShouldProcess = true)]
[OutputType(typeof(NewKeyset))]
public sealed class NewLoginKeysetCmdlet : LoginCmdlet
{
    /// <summary>Folder of the keysets; made when missing.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>File of the private half of the quarantine's key; FOLDER-private/quarantine.json when not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PrivateKeyPath { get; set; }

    /// <summary>Replaces existing keysets: what was masked with them cannot be recovered without a backup.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var folder = System.IO.Path.TrimEndingDirectorySeparator(GetUnresolvedProviderPathFromPSPath(Path));
        var privateKey = PrivateKeyPath is null
            ? System.IO.Path.Combine($"{folder}-private", "quarantine.json")
            : GetUnresolvedProviderPathFromPSPath(PrivateKeyPath);
        if (!ShouldProcess(folder, "Create keysets"))
        {
            return;
        }

        WriteObject(Guard(() => KeysetCeremony.Create(folder, privateKey, Force), folder), enumerateCollection: true);
        WriteWarning($"Move {privateKey} away from this host: whoever masks must not be able to read quarantined bodies. Back up {folder}: without its keys no token can be recovered.");
    }
}
