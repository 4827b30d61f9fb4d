using System.Management.Automation;
using LoginEtl.Audit;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Recovery;
using LoginEtl.Subjects;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Export-LoginSubject: all that there is of one person, under every enabled key, to a folder of JSON files with a manifest of
/// digests: rows, entries of the quarantine and originals of the vault. A line of the audit file is written and anchored before
/// anything is; the folder has its name only once it is whole.
/// </summary>
[Cmdlet(VerbsData.Export, "LoginSubject", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Value")]
[OutputType(typeof(SubjectReceipt))]
public sealed class ExportLoginSubjectCmdlet : SubjectCmdlet
{
    /// <summary>The folder, which is made; nothing may be there.</summary>
    [Parameter(Mandatory = true)]
    [Given<SettingText>]
    [OfNoVariable]
    [ValidateNotNullOrEmpty]
    public SettingText? Path { get; set; }

    /// <summary>File of the vault's private key, or exec:PROGRAM ARGUMENTS, which prints it: its originals are written in clear.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? VaultKeyPath { get; set; }

    /// <inheritdoc/>
    private protected override void Run(Subject subject)
    {
        var folder = Guard(() => new SubjectFolder(PathOf(Path!, "-Path")));
        if (!ShouldProcess($"{Table}", $"Write a person's data to {folder.FullName}"))
        {
            return;
        }

        var audit = OpenAudit();
        var opened = LookIntoSealed(audit, subject);
        var data = Own(Await(() => Connectors.Database.OpenSubjectAsync(ConnectedBy!, subject, opened, StopToken), Table));
        var notes = new List<string>();
        var export = new SubjectExport(data, audit, Options!) { Opener = OpenVault(audit), Noted = notes.Add };
        var receipt = Await(() => export.RunAsync(folder, subject, opened, StopToken), Table);
        notes.ForEach(Tell);
        if (!receipt.IsComplete)
        {
            WriteWarning($"{receipt.Sealed} sealed bodies and {receipt.NotSearched} values of {receipt.Table} were not looked into: give -PrivateKeyPath for the bodies, and the keyset that holds all keys, enabled, for the values. manifest.json says which.");
        }

        WriteObject(receipt);
    }

    private TokenRecovery? OpenVault(AuditLog audit)
    {
        if (Guard(() => KeySources.Private(this, VaultKeyPath, StopToken, "-VaultKeyPath")) is not { } key)
        {
            return null;
        }

        var escrow = Own(Guard(() => EscrowKey.Read(key), key.Name));
        var vault = Own(Await(() => Connectors.Database.OpenVaultAsync(ConnectedBy!, StopToken), Table));
        return Own(Guard(() => new TokenRecovery(Keyring, audit, Options! with { Escrow = escrow, Vault = vault })));
    }
}
