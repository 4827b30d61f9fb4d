using System.Collections;
using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>New-LoginKeyset: makes a folder of the keysets that the methods take.</summary>
[Cmdlet(VerbsCommon.New, "LoginKeyset", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(NewKeyset))]
public sealed class NewLoginKeysetCmdlet : LoginCmdlet
{
    /// <summary>Folder of the keysets; made when missing.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? Path { get; set; }

    /// <summary>File of the private half of the quarantine's key; FOLDER-private/quarantine.json when not given. The vault's becomes escrow.json beside it.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? PrivateKeyPath { get; set; }

    /// <summary>The methods the keysets are for: siv, mac, escrow, and pfx for ip; LOGINETL_METHOD, else siv, when not given.</summary>
    [Parameter]
    [Given<Hashtable>]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(MethodCompleter))]
    public Hashtable? Method { get; set; }

    /// <summary>Leaves existing keysets as they are, and makes those that are missing.</summary>
    [Parameter]
    public SwitchParameter MissingOnly { get; set; }

    /// <summary>Id, ARN or alias of the AWS KMS key that encrypts the keysets; the folder is used as awskms:FOLDER then.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? KmsKey { get; set; }

    /// <summary>AWS region of that key.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public SettingText? Region { get; set; }

    /// <summary>Named profile of the shared AWS configuration, for that key.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProfileNameCompleter))]
    public SettingText? ProfileName { get; set; }

    /// <summary>Replaces existing keysets: what was masked with them cannot be recovered without a backup.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var folder = System.IO.Path.TrimEndingDirectorySeparator(PathOf(Path!, "-Path"));
        var privateKey = PrivateKeyPath is null
            ? System.IO.Path.Combine($"{folder}-private", "quarantine.json")
            : PathOf(PrivateKeyPath, "-PrivateKeyPath");
        var options = Guard(() => new NewKeysetOptions
        {
            Methods = MethodParameter.Read(Method),
            Overwrite = Force,
            MissingOnly = MissingOnly,
            Kms = KmsKey is null ? null : new KmsSettings(KmsKey.Reveal()) { Region = Region?.Reveal(), ProfileName = ProfileName?.Reveal() },
            KeyService = Connectors.NewKeyService,
            Stop = StopToken,
        });
        if (!ShouldProcess(folder, Force ? "Create keysets, over those that are there" : "Create keysets"))
        {
            return;
        }

        var made = Guard(() => KeysetCeremony.Create(folder, privateKey, options), folder);
        WriteObject(made, enumerateCollection: true);
        if (made.Where(k => k.IsPrivate).Select(k => k.Path).ToList() is { Count: > 0 } halves)
        {
            WriteWarning($"Move {string.Join(" and ", halves)} away from this host: whoever masks must not be able to read what is sealed.");
        }

        if (made.Count > 0)
        {
            WriteWarning($"Back up {folder}: without its keys no token can be recovered.");
        }
    }
}
