using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Settings;
using LoginEtl.Versions;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Restore-LoginQuarantine: writes what was rejected, once it can be read or written, or with -Body what it should have been. It
/// becomes the row of that very message, once, under the time at which it was sent.
/// </summary>
[Cmdlet(VerbsData.Restore, "LoginQuarantine", SupportsShouldProcess = true)]
[OutputType(typeof(RestoreResult))]
public sealed class RestoreLoginQuarantineCmdlet : DatabaseCmdlet
{
    private const int BatchSize = 100;
    private const string Entries = "entries from Get-LoginQuarantine, or bodies from Unprotect-LoginPii";
    private readonly List<RestoreRequest> _requests = new(BatchSize);
    private long _taken;
    private IQuarantine? _quarantine;
    private Keyring? _keyring;
    private Protector? _protector;
    private QuarantineReplay? _replay;

    /// <summary>Entries from Get-LoginQuarantine, or bodies from Unprotect-LoginPii.</summary>
    [Parameter(ValueFromPipeline = true)]
    [Alias("Entry")]
    [QuarantineInput(Entries)]
    public QuarantineInput? InputObject { get; set; }

    /// <summary>Key source: a folder, file:FOLDER, env:VARIABLE, secret:VAULT/NAME, exec:PROGRAM ARGUMENTS or awskms:FOLDER; LOGINETL_KEYSET when not given.</summary>
    [Parameter(Position = 1)]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? Keyset { get; set; }

    /// <summary>File of the quarantine's private key, or exec:PROGRAM ARGUMENTS, which prints it, for bodies that did not decode.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? PrivateKeyPath { get; set; }

    /// <summary>
    /// The mended body in the place of the one that was sent: a script block that is given each object as $_, or the text for one
    /// entry. A text that is typed stays in the shell's history.
    /// </summary>
    [Parameter]
    [MendedBody]
    [ValidateNotNull]
    public MendedBody? Body { get; set; }

    /// <summary>
    /// Whether a login is taken out of an SNS notification, an EventBridge event or a JSON string that holds an object, two
    /// layers at most; Auto does, None takes bodies as they are. LOGINETL_ENVELOPE, else Auto, when not given.
    /// </summary>
    [Parameter]
    [Given<Envelope>]
    public Envelope? Envelope { get; set; }

    /// <summary>How each attribute is masked: siv, mac, escrow, and pfx for ip; LOGINETL_METHOD, else siv, when not given.</summary>
    [Parameter]
    [Given<Hashtable>]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(MethodCompleter))]
    public Hashtable? Method { get; set; }

    /// <summary>
    /// What of an ip is masked: Strict, or Forwarded, which takes the first address of an X-Forwarded-For list and drops port,
    /// brackets, zone and blanks. The same on all hosts. LOGINETL_IP_FORM, else Strict, when not given.
    /// </summary>
    [Parameter]
    [Given<IpForm>]
    public IpForm? IpForm { get; set; }

    /// <summary>A null ip or device id becomes NULL instead of staying in quarantine.</summary>
    [Parameter]
    public SwitchParameter AllowNullPii { get; set; }

    /// <summary>How versions are encoded.</summary>
    [Parameter]
    [Given<AppVersionFormat>]
    public AppVersionFormat AppVersionFormat { get; set; }

    /// <summary>What happens to a value longer than its column.</summary>
    [Parameter]
    [Given<TooLongAction>]
    public TooLongAction OnTooLong { get; set; }

    /// <summary>
    /// Goes on under a key that the database has never seen, and registers it. Without, nothing is written under it
    /// (KeyNotKnown): the keyset may be one that was made in the place of another, and its rows would join with nothing.
    /// </summary>
    [Parameter]
    public SwitchParameter NewKey { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => Entries;

    /// <inheritdoc/>
    protected override object? Input => InputObject;

    /// <inheritdoc/>
    protected override void Begin()
    {
        var settings = ConnectionSettings();
        var methods = Guard(() => MethodParameter.Read(Method));
        var form = Guard(() => EnvironmentSettings.OneOf(IpForm, EnvironmentSettings.IpFormVariable, Masking.IpForm.Strict));
        var decoding = Guard(() => DecodingParameters.Read(Envelope, identityFrom: null));
        var options = new SinkOptions { AppVersionFormat = AppVersionFormat, OnTooLong = OnTooLong, UseVault = methods.UseVault, NewKey = NewKey };
        _keyring = Own(OpenKeyring(Keyset));
        _quarantine = Own(Await(() => Connectors.Database.OpenQuarantineAsync(settings, options, StopToken), Table));
        var known = Await(() => _quarantine.KeysAsync(StopToken), Table);
        foreach (var said in PrimaryKeys.Misled(_keyring.Follow(known)).Append(StoredKeys.Unsure(_keyring, known)).OfType<string>())
        {
            WriteWarning(said);
        }

        _protector = Own(Guard(() => new Protector(_keyring, new ProtectOptions { Methods = methods, IpForm = form, AllowNullPii = AllowNullPii })));
        var privateKey = Guard(() => KeySources.Private(this, PrivateKeyPath, StopToken));
        _replay = Own(Guard(() => new QuarantineReplay(_protector, privateKey, decoding), privateKey?.Name));
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        var entry = InputObject!.Entry;
        if (Body is { IsText: true } && ++_taken > 1)
        {
            // Before anything was written: one login would become the rows of several messages.
            ThrowTerminatingError(FaultRecord.Of(
                new LoginEtlException(
                    ErrorId.BodyForSeveral, "One text was given as -Body, and more than one entry came. Nothing was restored.",
                    "Give one entry, or a script block that makes each entry's own body: -Body { $_.Body.Reveal() -replace … }."),
                entry.Id));
        }

        if (!ShouldProcess(entry.ToString()))
        {
            return;
        }

        if (entry.DismissedAt is not null)
        {
            WriteObject(new RestoreResult(entry, RestoreOutcome.Dismissed));
            return;
        }

        try
        {
            var body = (Body ?? InputObject.Body)?.For(this, InputObject.Holder);
            if (TryRead(entry, body, out var record, out var rejection))
            {
                _requests.Add(new RestoreRequest(entry, record) { IsMaskedNow = body is not null || entry.IsSealed });
            }
            else
            {
                WriteObject(new RestoreResult(entry, RestoreOutcome.Refused, rejection.Reason.Code(), rejection.Field));
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

    private bool TryRead(QuarantineEntry entry, PlainBody? body, [NotNullWhen(true)] out LoginRecord? record, out Rejection rejection) =>
        body is null ? _replay!.TryReplay(entry, out record, out rejection) : _replay!.TryMend(entry, body, out record, out rejection);

    private void RestoreBatch()
    {
        if (_requests.Count > 0)
        {
            WriteObject(Await(() => _quarantine!.RestoreAsync(_requests, StopToken), Table), enumerateCollection: true);
            _requests.Clear();
        }
    }
}
