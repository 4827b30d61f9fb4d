using System.Collections;
using System.Management.Automation;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Quarantine;
using LoginEtl.Versions;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Restore-LoginQuarantine: writes what was rejected, once it can be read or written.</summary>
/// <example>
/// <code>Get-LoginQuarantine $dsn | Restore-LoginQuarantine $dsn keys/ -PrivateKeyPath keys-private/quarantine.json -AllowNullPii</code>
/// <para>Opens sealed bodies with the private key, on a machine that may hold it, and writes those that now pass.</para>
/// </example>
[Cmdlet(VerbsData.Restore, "LoginQuarantine", SupportsShouldProcess = true)]
[OutputType(typeof(RestoreResult))]
public sealed class RestoreLoginQuarantineCmdlet : DatabaseCmdlet
{
    private const int BatchSize = 100;
    private readonly List<RestoreRequest> _requests = new(BatchSize);
    private IQuarantine? _quarantine;
    private Keyring? _keyring;
    private Protector? _protector;
    private QuarantineReplay? _replay;

    /// <summary>Entries from Get-LoginQuarantine.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [LiveObject]
    [ValidateNotNull]
    public QuarantineEntry? InputObject { get; set; }

    /// <summary>Key source: a folder, file:FOLDER, env:VARIABLE, secret:VAULT/NAME or awskms:FOLDER; LOGINETL_KEYSET when not given.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Keyset { get; set; }

    /// <summary>File of the quarantine's private key, for bodies that did not decode.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PrivateKeyPath { get; set; }

    /// <summary>How each attribute is masked: siv, mac, escrow, and pfx for ip; LOGINETL_METHOD, else siv, when not given.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? Method { get; set; }

    /// <summary>
    /// What of an ip is masked: Strict, or Forwarded, which takes the first address of an X-Forwarded-For list and drops port,
    /// brackets, zone and blanks. The same on all hosts. LOGINETL_IP_FORM, else Strict, when not given.
    /// </summary>
    [Parameter]
    public IpForm? IpForm { get; set; }

    /// <summary>A null ip or device id becomes NULL instead of staying in quarantine.</summary>
    [Parameter]
    public SwitchParameter AllowNullPii { get; set; }

    /// <summary>How versions are encoded.</summary>
    [Parameter]
    public AppVersionFormat AppVersionFormat { get; set; }

    /// <summary>What happens to a value longer than its column.</summary>
    [Parameter]
    public TooLong OnTooLong { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        var settings = ConnectionSettings();
        var methods = Guard(() => MethodParameter.Read(Method));
        var form = Guard(() => EnvironmentSettings.OneOf(IpForm, EnvironmentSettings.IpFormVariable, Masking.IpForm.Strict));
        var options = new SinkOptions { AppVersionFormat = AppVersionFormat, OnTooLong = OnTooLong, UseVault = methods.UseVault };
        _keyring = OpenKeyring(Keyset);
        _protector = Guard(() => new Protector(_keyring, new ProtectOptions { Methods = methods, IpForm = form, AllowNullPii = AllowNullPii }));
        var privateKey = PrivateKeyPath is null ? null : GetUnresolvedProviderPathFromPSPath(PrivateKeyPath);
        _replay = Guard(() => new QuarantineReplay(_protector, privateKey), privateKey);
        _quarantine = Await(() => Connectors.Database.OpenQuarantineAsync(settings, options, StopToken), Table);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var entry = InputObject!;
        if (!ShouldProcess(entry.ToString()))
        {
            return;
        }

        try
        {
            if (_replay!.TryReplay(entry, out var record, out var rejection))
            {
                _requests.Add(new RestoreRequest(entry, record));
            }
            else
            {
                WriteObject(new RestoreResult(entry, RestoreOutcome.Refused, rejection.Reason, rejection.Field));
            }
        }
        catch (LoginEtlException fault)
        {
            // About this entry alone: the others go on.
            WriteError(FaultRecord.Of(fault, entry.Id));
        }

        if (_requests.Count == BatchSize)
        {
            RestoreBatch();
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => RestoreBatch();

    /// <inheritdoc/>
    protected override async Task CleanUpAsync()
    {
        _replay?.Dispose();
        _protector?.Dispose();
        _keyring?.Dispose();
        if (_quarantine is not null)
        {
            await _quarantine.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void RestoreBatch()
    {
        if (_requests.Count > 0)
        {
            WriteObject(Await(() => _quarantine!.RestoreAsync(_requests, StopToken), Table), enumerateCollection: true);
            _requests.Clear();
        }
    }
}
