using System.Management.Automation;
using LoginEtl.Audit;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.PowerShell.Output;
using LoginEtl.Records;
using LoginEtl.Recovery;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Unprotect-LoginPii: recovers personal data from records, rows or tokens, for authorised people. A line of the audit file
/// is written and anchored before each group of at most 512 leaves; without it nothing does.
/// </summary>
/// <example>
/// <code>Find-LoginRecord $dsn keys/ -Ip (Read-Host -AsSecureString) | Unprotect-LoginPii $dsn keys/ -Reason 'Request 4711' -AuditFile recovery.jsonl</code>
/// <para>A person's rows in clear, for an answer to their request.</para>
/// </example>
/// <example>
/// <code>'siv1.AX5A8mOW2lq…' | Unprotect-LoginPii $dsn keys/ -Attribute ip -Reason 'Fraud case 12'</code>
/// <para>One token.</para>
/// </example>
[Cmdlet(VerbsSecurity.Unprotect, "LoginPii", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RecoveredLogin))]
public sealed class UnprotectLoginPiiCmdlet : KeyedDatabaseCmdlet
{
    private readonly List<(long Position, PSObject Input, MaskedPair Tokens)> _group = [];
    private bool _confirmed;
    private long _position;
    private IAuditAnchor? _anchor;
    private IVault? _vault;
    private EscrowKey? _escrow;
    private AuditLog? _audit;
    private TokenRecovery? _recovery;

    /// <summary>LoginRecord objects, rows with MaskedIp or masked_ip (and so for the device id), or tokens with -Attribute.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Why, for the audit file. Leave personal data out of it.</summary>
    [Parameter(Mandatory = true)]
    public string? Reason { get; set; }

    /// <summary>Which attribute tokens are of; of rows, the only one that is recovered.</summary>
    [Parameter]
    [AttributeName]
    [ValidateSet(LoginFields.Ip, LoginFields.DeviceId)]
    public string? Attribute { get; set; }

    /// <summary>The audit file, made when missing; LOGINETL_AUDIT when not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuditFile { get; set; }

    /// <summary>File of the vault's private key, for tokens of the method escrow.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PrivateKeyPath { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _confirmed = ShouldProcess(Table, "Recover personal data in clear");
        if (!_confirmed)
        {
            return;
        }

        var settings = ConnectionSettings();
        var path = Guard(() => GetUnresolvedProviderPathFromPSPath(EnvironmentSettings.Require(AuditFile, EnvironmentSettings.AuditVariable, "-AuditFile")));
        if (PrivateKeyPath is not null)
        {
            var privateKey = GetUnresolvedProviderPathFromPSPath(PrivateKeyPath);
            _escrow = Guard(() => EscrowKey.Read(privateKey), privateKey);
            _vault = Await(() => Connectors.Database.OpenVaultAsync(settings, StopToken), Table);
        }

        _anchor = Await(() => Connectors.Database.OpenAnchorAsync(settings, StopToken), Table);
        _audit = Guard(() => new AuditLog(path, Keyring, _anchor), path);
        var options = new RecoveryOptions { Command = MyInvocation.MyCommand.Name, Reason = Reason!, Escrow = _escrow, Vault = _vault };
        _recovery = Guard(() => new TokenRecovery(Keyring, _audit, options));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _position++;
        if (!_confirmed)
        {
            return;
        }

        if (MaskedRow.Of(InputObject!, Attribute) is not { } tokens)
        {
            var what = InputObject!.BaseObject is string
                ? new LoginEtlException("AttributeMissing", FaultKind.Configuration, $"Input {_position} is a text, and nothing says which attribute it is a token of.", "Give -Attribute ip or -Attribute device_id.")
                : new LoginEtlException("NothingMasked", FaultKind.Configuration, $"Input {_position} has neither a masked ip nor a masked device id.", "Give records, rows with masked_ip or masked_device_id, or tokens with -Attribute.");
            WriteError(FaultRecord.Of(what, _position));
            return;
        }

        _group.Add((_position, InputObject!, tokens));
        if (_group.Count == TokenOpener.GroupSize / 2)
        {
            RecoverGroup();
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => RecoverGroup();

    /// <inheritdoc/>
    protected override async Task CleanUpAsync()
    {
        _recovery?.Dispose();
        _audit?.Dispose();
        _escrow?.Dispose();
        await base.CleanUpAsync().ConfigureAwait(false);
        if (_vault is not null)
        {
            await _vault.DisposeAsync().ConfigureAwait(false);
        }

        if (_anchor is not null)
        {
            await _anchor.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void RecoverGroup()
    {
        if (_group.Count == 0)
        {
            return;
        }

        var opened = Await(() => _recovery!.RecoverAsync([.. _group.Select(g => g.Tokens)], StopToken), Table);
        if (_recovery!.Note is { } note)
        {
            WriteWarning($"Audit file: {note}.");
        }

        for (var i = 0; i < opened.Count; i++)
        {
            Emit(_group[i], opened[i]);
        }

        _group.Clear();
    }

    private void Emit((long Position, PSObject Input, MaskedPair Tokens) row, OpenedPair opened)
    {
        Refuse(row.Position, "ip", row.Tokens.MaskedIp, opened.OfIp);
        Refuse(row.Position, "device_id", row.Tokens.MaskedDeviceId, opened.OfDeviceId);
        if (opened is { OfIp: not { Refusal: null }, OfDeviceId: not { Refusal: null } } && (opened.OfIp ?? opened.OfDeviceId) is not null)
        {
            return;
        }

        WriteObject(new RecoveredLogin(row.Input)
        {
            UserId = MaskedRow.UserOf(row.Input),
            Ip = opened.OfIp?.Plaintext?.Reveal(),
            DeviceId = opened.OfDeviceId?.Plaintext?.Reveal(),
            MaskedIp = row.Tokens.MaskedIp,
            MaskedDeviceId = row.Tokens.MaskedDeviceId,
        });
    }

    private void Refuse(long position, string attribute, string? token, OpenedToken? opened)
    {
        if (opened?.Refusal is { } refusal)
        {
            WriteError(FaultRecord.Of(
                new LoginEtlException(
                    $"Token{refusal}", FaultKind.Keys, $"Input {position}: the {attribute} of {MaskedRow.NameOf(token!)} was not recovered: {refusal.Text()}.",
                    "Check that the keyset is the one that masked it, and that the token came whole and from this column."),
                position));
        }
    }
}
