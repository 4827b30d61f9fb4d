using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Security;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Rotation;
using LoginEtl.Settings;
using LoginEtl.Tokens;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Find-LoginRecord: rows of a plaintext ip or device id, under every enabled key. The value comes by the pipeline or as a
/// SecureString, so that it stays out of history and script-block logs. Rows under keys that the keyset does not hold are told
/// with their number.
/// </summary>
[Cmdlet(VerbsCommon.Find, "LoginRecord", DefaultParameterSetName = ValueSet)]
[OutputType(typeof(StoredLogin))]
public sealed class FindLoginRecordCmdlet : KeyedDatabaseCmdlet
{
    private const string ValueSet = "Value";
    private const string Values = "values of -Attribute, one a text";
    private ITokenTable? _table;
    private readonly HashSet<string> _looked = [];
    private IpForm _form;

    /// <summary>Values from the pipeline, of -Attribute.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = ValueSet)]
    [RawText]
    public RawText[]? InputObject { get; set; }

    /// <summary>What the values from the pipeline are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ValueSet)]
    [AttributeName]
    [ValidateSet(LoginFields.Ip, LoginFields.DeviceId)]
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

    /// <summary>
    /// What of an ip is masked: Strict, or Forwarded, which takes the first address of an X-Forwarded-For list and drops port,
    /// brackets, zone and blanks. The same on all hosts. LOGINETL_IP_FORM, else Strict, when not given.
    /// </summary>
    [Parameter]
    [Given<IpForm>]
    public IpForm? IpForm { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => Values;

    /// <inheritdoc/>
    protected override object? Input => (object?)InputObject ?? (object?)Ip ?? DeviceId;

    /// <inheritdoc/>
    protected override void Begin()
    {
        _form = Guard(() => EnvironmentSettings.OneOf(IpForm, EnvironmentSettings.IpFormVariable, Masking.IpForm.Strict));
        var settings = ConnectionSettings();
        _table = Own(Await(() => Connectors.Database.OpenTokensAsync(settings, StopToken), Table));
        RequireKeysOf(_table);
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (Ip is not null)
        {
            Find(LoginFields.Ip, Clear(Ip));
        }
        else if (DeviceId is not null)
        {
            Find(LoginFields.DeviceId, Clear(DeviceId));
        }

        foreach (var value in InputObject ?? [])
        {
            Find(Attribute!, value.Reveal());
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var attribute in _looked)
        {
            var unheld = Await(() => UnheldRows.CountAsync(_table!, Keyring, attribute, StopToken), Table);
            if (unheld.Count > 0)
            {
                WriteWarning(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{unheld.Sum(u => u.Rows)} rows of {_table!.Name} could not be looked under: this keyset does not hold or has disabled their keys of {attribute} ({string.Join(", ", unheld.Select(u => FormattableString.Invariant($"{u.Rows} under {u.Prefix}")))}). Bring the keyset that holds them, or enable them, and look again."));
            }
        }
    }

    private static string Clear(SecureString value) => new NetworkCredential("", value).Password;

    private void Find(string attribute, string value)
    {
        _looked.Add(attribute);
        var tokens = Guard(() => TokenFinder.TokensOf(Keyring, attribute, new Plaintext(value), _form));
        Emit(_table!.FindAsync(attribute, tokens, StopToken), Table);
    }
}
