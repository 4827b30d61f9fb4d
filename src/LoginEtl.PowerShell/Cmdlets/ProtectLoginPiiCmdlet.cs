using System.Collections;
using System.Management.Automation;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Protect-LoginPii: personal data become tokens, rejected bodies are sealed.</summary>
[Cmdlet(VerbsSecurity.Protect, "LoginPii")]
[OutputType(typeof(LoginRecord), typeof(SealedReject))]
public sealed class ProtectLoginPiiCmdlet : LoginCmdlet
{
    private const string Logins = "logins from Receive-LoginMessage or ConvertFrom-LoginJson";
    private readonly PiiTally _found = new();
    private ProtectorSource? _protectors;

    /// <summary>Logins from Receive-LoginMessage or ConvertFrom-LoginJson.</summary>
    [Parameter(ValueFromPipeline = true)]
    [LiveObject<IncomingLogin>(Logins)]
    public IncomingLogin? InputObject { get; set; }

    /// <summary>Key source: a folder, file:FOLDER, env:VARIABLE, secret:VAULT/NAME, exec:PROGRAM ARGUMENTS or awskms:FOLDER; LOGINETL_KEYSET when not given.</summary>
    [Parameter(Position = 0)]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? Keyset { get; set; }

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

    /// <summary>A null ip or device id stays NULL instead of going to quarantine.</summary>
    [Parameter]
    public SwitchParameter AllowNullPii { get; set; }

    /// <summary>Stands in for a null locale.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? DefaultLocale { get; set; }

    /// <summary>
    /// What happens where user_id, app_version, device_type or locale, which are not masked, as a whole is an IP address, an e-mail
    /// address or a phone number. Versions are not looked at for IPv4 addresses, which have their form.
    /// </summary>
    [Parameter]
    [Given<PiiFoundAction>]
    public PiiFoundAction OnPiiFound { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => Logins;

    /// <inheritdoc/>
    protected override object? Input => InputObject;

    /// <inheritdoc/>
    protected override void Begin()
    {
        var methods = Guard(() => MethodParameter.Read(Method));
        var form = Guard(() => EnvironmentSettings.OneOf(IpForm, EnvironmentSettings.IpFormVariable, Masking.IpForm.Strict));
        var options = new ProtectOptions { Methods = methods, IpForm = form, AllowNullPii = AllowNullPii, DefaultLocale = DefaultLocale?.Reveal(), OnPiiFound = OnPiiFound };
        _protectors = Own(Guard(() => new ProtectorSource(KeySources.Reader(this, Keyset, StopToken), options), Keyset));
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        var login = Guard(() => _protectors!.Current.Protect(InputObject!), InputObject!.MessageId);
        if (login is SealedReject reject && InputObject is LoginMessage)
        {
            Rejects.Warn(this, InputObject.MessageId, reject.GetRejection());
        }

        _found.Add(login);
        WriteObject(login);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_found.Warning is { } warning)
        {
            WriteWarning(warning);
        }
    }
}
