using System.Globalization;
using System.Management.Automation;
using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.PowerShell.Output;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Unprotect-LoginPii: recovers personal data from records, rows or tokens, and the sealed bodies of quarantined messages, for
/// authorised people. A line of the audit file is written and anchored before each group is opened (512 values or 16 bodies at
/// most); without it nothing is. The account of the database may add to the audit's anchors and not change them: a member of
/// login_etl_recoverer, and not the one that made the tables.
/// </summary>
[Cmdlet(VerbsSecurity.Unprotect, "LoginPii", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RecoveredLogin), typeof(RecoveredBody))]
public sealed class UnprotectLoginPiiCmdlet : KeyedDatabaseCmdlet
{
    private readonly List<(long Position, PSObject Input, MaskedPair Tokens)> _group = [];
    private readonly List<QuarantineEntry> _entries = [];
    private readonly SortedDictionary<string, long> _unheld = new(StringComparer.Ordinal);
    private bool _confirmed;
    private long _position;
    private DatabaseSettings? _settings;
    private IAuditAnchor? _anchor;
    private IVault? _vault;
    private EscrowKey? _escrow;
    private AuditLog? _audit;
    private RecoveryOptions? _options;
    private PrivateKeySource? _privateKey;
    private TokenRecovery? _tokens;
    private BodyRecovery? _bodies;

    /// <summary>
    /// LoginRecord objects, rows with MaskedIp or masked_ip (and so for the device id) or the names of -ColumnName, tokens with
    /// -Attribute, or entries from Get-LoginQuarantine.
    /// </summary>
    [Parameter(ValueFromPipeline = true)]
    [MaskedInput]
    public PSObject? InputObject { get; set; }

    /// <summary>Why, for the audit file. Leave personal data out of it.</summary>
    [Parameter(Mandatory = true)]
    [Given<SettingText>]
    public SettingText? Reason { get; set; }

    /// <summary>Which attribute tokens are of; of rows, the only one that is recovered.</summary>
    [Parameter]
    [AttributeName]
    [ValidateSet(LoginFields.Ip, LoginFields.DeviceId)]
    public string? Attribute { get; set; }

    /// <summary>The audit file, made when missing; LOGINETL_AUDIT when not given.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? AuditFile { get; set; }

    /// <summary>File of a private key, or exec:PROGRAM ARGUMENTS, which prints it: the vault's for tokens of the method escrow, the quarantine's for its bodies.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? PrivateKeyPath { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => "records, rows with masked_ip or masked_device_id, tokens with -Attribute, or entries of the quarantine";

    /// <inheritdoc/>
    protected override object? Input => InputObject;

    /// <inheritdoc/>
    protected override void Begin()
    {
        _confirmed = ShouldProcess($"{Table}", "Recover personal data in clear");
        if (!_confirmed)
        {
            return;
        }

        _settings = ConnectionSettings();
        var path = Guard(() => GivenPath.Of(this, EnvironmentSettings.Require(AuditFile?.Reveal(), EnvironmentSettings.AuditVariable, "-AuditFile"), "-AuditFile"));
        _privateKey = Guard(() => KeySources.Private(this, PrivateKeyPath, StopToken));
        _anchor = Own(Await(() => Connectors.Database.OpenAnchorAsync(_settings, StopToken), Table));
        RequireKeysOf(_settings);
        _audit = Own(Guard(() => new AuditLog(path, Keyring, _anchor), path));
        _options = new RecoveryOptions { Command = MyInvocation.MyCommand.Name, Reason = Reason!.Reveal() };
        Await(() => { _options.RequireReason(); return Task.CompletedTask; });
        if (Await(() => _audit.RequireWitnessAsync(StopToken), Table) is { } caution)
        {
            WriteWarning($"{caution}.");
        }
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        _position++;
        if (!_confirmed)
        {
            return;
        }

        var input = MaskedInputAttribute.Reveal(InputObject!);
        if (input.BaseObject is QuarantineEntry entry)
        {
            _entries.Add(entry);
            if (_entries.Count == BodyRecovery.GroupSize)
            {
                RecoverBodies();
            }

            return;
        }

        if (MaskedRow.Of(input, Attribute, _settings!.ColumnNames) is not { } tokens)
        {
            var what = input.BaseObject is string
                ? new LoginEtlException(ErrorId.AttributeMissing, $"Input {_position} is a text, and nothing says which attribute it is a token of.", "Give -Attribute ip or -Attribute device_id.")
                : new LoginEtlException(ErrorId.NothingMasked, $"Input {_position} has neither a masked ip nor a masked device id.", "Give records, rows with masked_ip or masked_device_id, or what -ColumnName calls them, tokens with -Attribute, or entries of the quarantine.");
            WriteError(FaultRecord.Of(what, _position));
            return;
        }

        _group.Add((_position, input, tokens));
        if (_group.Count == TokenRecovery.GroupSize / 2)
        {
            RecoverGroup();
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        RecoverGroup();
        RecoverBodies();
        if (_unheld.Count > 0)
        {
            WriteWarning(string.Create(
                CultureInfo.InvariantCulture,
                $"{_unheld.Values.Sum()} values were not recovered, for this keyset does not hold or has disabled their keys ({string.Join(", ", _unheld.Select(u => FormattableString.Invariant($"{u.Value} under {u.Key}")))}). Bring the keyset that holds them, or enable them, and run again."));
        }
    }

    private void RecoverGroup()
    {
        if (_group.Count == 0)
        {
            return;
        }

        _tokens ??= Own(OpenTokens());
        var opened = Await(() => _tokens.RecoverAsync([.. _group.Select(g => g.Tokens)], StopToken), Table);
        Tell(_tokens.Note);

        for (var i = 0; i < opened.Count; i++)
        {
            Emit(_group[i], opened[i]);
        }

        _group.Clear();
    }

    private void RecoverBodies()
    {
        if (_entries.Count == 0)
        {
            return;
        }

        _bodies ??= Own(Guard(() => new BodyRecovery(_privateKey, _audit!, _options!), _privateKey?.Name));
        var opened = Await(() => _bodies.RecoverAsync(_entries, StopToken), Table);
        Tell(_bodies.Note);
        foreach (var (entry, body, fault) in opened)
        {
            if (body is null)
            {
                WriteError(FaultRecord.Of(fault!, entry.Id));
            }
            else
            {
                WriteObject(new RecoveredBody(entry, body));
            }
        }

        _entries.Clear();
    }

    // The private key is the vault's only where there are tokens.
    private TokenRecovery OpenTokens()
    {
        if (_privateKey is not null)
        {
            _escrow = Own(Guard(() => EscrowKey.Read(_privateKey), _privateKey.Name));
            _vault = Own(Await(() => Connectors.Database.OpenVaultAsync(_settings!, StopToken), Table));
        }

        return Guard(() => new TokenRecovery(Keyring, _audit!, _options! with { Escrow = _escrow, Vault = _vault }));
    }

    private void Tell(string? note)
    {
        if (note is not null)
        {
            WriteWarning($"Audit file: {note}.");
        }
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
            UserId = MaskedRow.UserOf(row.Input, _settings!.ColumnNames),
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
            if (refusal is TokenRefusal.UnknownKey or TokenRefusal.DisabledKey)
            {
                var key = $"{MaskedRow.NameOf(token!)} of {attribute}";
                _unheld[key] = _unheld.GetValueOrDefault(key) + 1;
            }

            WriteError(FaultRecord.Of(
                new LoginEtlException(
                    refusal.Error(), $"Input {position}: the {attribute} of {MaskedRow.NameOf(token!)} was not recovered: {refusal.Text()}.",
                    "Check that the keyset is the one that masked it, and that the token came whole and from this column."),
                position));
        }
    }
}
