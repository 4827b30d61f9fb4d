using System.Management.Automation;
using System.Net;
using System.Security;
using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Settings;
using LoginEtl.Subjects;
using LoginEtl.Tokens;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// What the cmdlets take that look for one person everywhere. Values come by the pipeline or as a SecureString, so that they stay
/// out of history and script-block logs.
/// </summary>
public abstract class SubjectCmdlet : KeyedDatabaseCmdlet
{
    private const string Values = "values of -Attribute of one person, one a text";
    private readonly List<Plaintext> _values = [];
    private IpForm _form;

    /// <summary>Values from the pipeline, of -Attribute, all of one person.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = "Value")]
    [RawText]
    public RawText[]? InputObject { get; set; }

    /// <summary>What the values from the pipeline are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Value")]
    [AttributeName(TakesUserId = true)]
    [ValidateSet(LoginFields.Ip, LoginFields.DeviceId, LoginFields.UserId)]
    public string? Attribute { get; set; }

    /// <summary>An address, as from Read-Host -AsSecureString.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Ip")]
    [Given<SecureString>]
    [ValidateNotNull]
    public SecureString? Ip { get; set; }

    /// <summary>A device id, as from Read-Host -AsSecureString.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "DeviceId")]
    [Given<SecureString>]
    [ValidateNotNull]
    public SecureString? DeviceId { get; set; }

    /// <summary>A user id, as from Read-Host -AsSecureString.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "UserId")]
    [Given<SecureString>]
    [ValidateNotNull]
    public SecureString? UserId { get; set; }

    /// <summary>Why, for the audit file. Leave personal data out of it.</summary>
    [Parameter(Mandatory = true)]
    [Given<SettingText>]
    public SettingText? Reason { get; set; }

    /// <summary>
    /// What of an ip is masked: Strict, or Forwarded, which takes the first address of an X-Forwarded-For list and drops port,
    /// brackets, zone and blanks. The same on all hosts. LOGINETL_IP_FORM, else Strict, when not given.
    /// </summary>
    [Parameter]
    [Given<IpForm>]
    public IpForm? IpForm { get; set; }

    /// <summary>The audit file, made when missing; LOGINETL_AUDIT when not given.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? AuditFile { get; set; }

    /// <summary>File of the quarantine's private key, or exec:PROGRAM ARGUMENTS, which prints it: sealed bodies are opened, and the person is looked for in them.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? PrivateKeyPath { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => Values;

    /// <inheritdoc/>
    protected override object? Input => (object?)InputObject ?? (object?)Ip ?? (object?)DeviceId ?? UserId;

    /// <summary>The connection; set before <see cref="Run"/>.</summary>
    private protected DatabaseSettings? ConnectedBy { get; private set; }

    /// <summary>Who and why; set before <see cref="Run"/>.</summary>
    private protected RecoveryOptions? Options { get; private set; }

    /// <inheritdoc/>
    protected override void Begin()
    {
        _form = Guard(() => EnvironmentSettings.OneOf(IpForm, EnvironmentSettings.IpFormVariable, Masking.IpForm.Strict));
        Options = new RecoveryOptions { Command = MyInvocation.MyCommand.Name, Reason = Reason!.Reveal() };
        Await(() => { Options.RequireReason(); return Task.CompletedTask; });
        ConnectedBy = ConnectionSettings();
        RequireKeysOf(ConnectedBy);
    }

    /// <inheritdoc/>
    protected override void Process() =>
        _values.AddRange(InputObject is { } given ? given.Select(g => new Plaintext(g.Reveal())) : [Clear(Ip ?? DeviceId ?? UserId)]);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var attribute = Ip is not null ? LoginFields.Ip : DeviceId is not null ? LoginFields.DeviceId : UserId is not null ? LoginFields.UserId : Attribute!;
        Run(Guard(() => _values.Any(v => v.Reveal().Length > 0)
            ? Subject.Of(Keyring, attribute, _values, _form)
            : throw new LoginEtlException(ErrorId.InputMissing, "Nobody was named: no value came, or an empty one. Nothing was done.", "Give the value of one person.")));
    }

    /// <summary>The work, once all values are there.</summary>
    private protected abstract void Run(Subject subject);

    /// <summary>Opens the audit, whose witness must be out of reach of who does this.</summary>
    private protected AuditLog OpenAudit()
    {
        var path = Guard(() => GivenPath.Of(this, EnvironmentSettings.Require(AuditFile?.Reveal(), EnvironmentSettings.AuditVariable, "-AuditFile"), "-AuditFile"));
        var anchor = Own(Await(() => Connectors.Database.OpenAnchorAsync(ConnectedBy!, StopToken), Table));
        var audit = Own(Guard(() => new AuditLog(path, Keyring, anchor), path));
        if (Await(() => audit.RequireWitnessAsync(StopToken), Table) is { } caution)
        {
            WriteWarning($"{caution}.");
        }

        return audit;
    }

    /// <summary>Looks into the sealed bodies of the quarantine, where a private key was given.</summary>
    private protected SealedFindings LookIntoSealed(AuditLog audit, Subject subject)
    {
        if (Guard(() => KeySources.Private(this, PrivateKeyPath, StopToken)) is not { } key)
        {
            return SealedFindings.None;
        }

        var bodies = Own(Guard(() => new BodyRecovery(key, audit, Options!), key.Name));
        var quarantine = Own(Await(() => Connectors.Database.OpenQuarantineAsync(ConnectedBy!, new SinkOptions(), StopToken), Table));
        var notes = new List<string>();
        var findings = Await(() => new SealedSearch(quarantine, bodies).RunAsync(subject, notes.Add, StopToken), Table);
        notes.ForEach(Tell);
        return findings;
    }

    /// <summary>Warns of what had to be put right in the audit file.</summary>
    private protected void Tell(string note) => WriteWarning($"Audit file: {note}.");

    private static Plaintext Clear(SecureString? value) => new(new NetworkCredential("", value).Password);
}
