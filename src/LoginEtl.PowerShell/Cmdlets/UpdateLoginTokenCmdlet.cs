using System.Collections;
using System.Globalization;
using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Rotation;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Update-LoginToken: brings rows from old keys to those that are primary in the database, beside running writers. It retires
/// the old keys there first. Stopped or killed, it is simply run again.
/// </summary>
[Cmdlet(VerbsData.Update, "LoginToken", SupportsShouldProcess = true)]
[OutputType(typeof(RotationReceipt))]
public sealed class UpdateLoginTokenCmdlet : KeyedDatabaseCmdlet
{
    private ITokenTable? _table;
    private TokenRotation? _rotation;
    private RotationProgressBar? _progress;

    /// <summary>Rows a transaction, about.</summary>
    [Parameter]
    [Given<int>]
    [OfNoVariable]
    [ValidateRange(1, 1_000_000)]
    public int BatchSize { get; set; } = new RotationOptions().BatchSize;

    /// <summary>Most rows a second, so that others have the server too; as fast as it goes when not given.</summary>
    [Parameter]
    [Given<int>]
    [ValidateRange(1, int.MaxValue)]
    public int? MaxRowsPerSecond { get; set; }

    /// <summary>
    /// Also brings values that are no tokens to tokens, as those that an earlier script has left: makes the plain value of $_.Value,
    /// which is of $_.Attribute (ip or device_id), or nothing where nobody knows it. Decrypt there, or give { $_.Value }. They are masked as -Method and -IpForm say, which are for nothing else here.
    /// </summary>
    [Parameter]
    [PlaintextScript]
    [ValidateNotNull]
    public PlaintextScript? Plaintext { get; set; }

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

    /// <inheritdoc/>
    protected override void Process()
    {
        var settings = ConnectionSettings();
        using var pump = new PipelinePump();
        var stopped = CancellationToken.None;
        var plain = Plaintext is not { } script ? null : Guard(() => new PlainValues((attribute, value) => pump.Ask(() => script.Of(this, attribute, value), stopped))
        {
            Methods = MethodParameter.Read(Method),
            IpForm = EnvironmentSettings.OneOf(IpForm, EnvironmentSettings.IpFormVariable, Masking.IpForm.Strict),
        });
        var options = new RotationOptions { BatchSize = BatchSize, MaxRowsPerSecond = MaxRowsPerSecond, Plain = plain };
        var keyring = Keyring;
        _table = Own(Await(() => Connectors.Database.OpenTokensAsync(settings, StopToken), Table));
        RequireKeysOf(_table);
        foreach (var stranger in Await(() => _table.StrangersAsync(StopToken), Table))
        {
            WriteWarning($"{_table.Name}: {stranger}, and may run code with the rights of whoever rotates. See that this is whom you mean.");
        }

        _rotation = Own(Guard(() => new TokenRotation(_table, keyring, options)));
        var (values, unreadable) = Await(() => _rotation.PlanAsync(StopToken), Table);
        var old = string.Join(", ", _rotation.OldKeys.Select(k => k.Prefix));
        if (!ShouldProcess(_table.Name, string.Create(CultureInfo.InvariantCulture, $"Retire {(old.Length > 0 ? old : "no key")} and replace {values} {(plain is null ? "tokens" : "tokens and other values")}; {unreadable.Sum(u => u.Rows)} cannot be read")))
        {
            return;
        }

        var progress = _progress = new RotationProgressBar(this, _table.Name);
        var receipt = Guard(() => pump.Run(
            stop =>
            {
                stopped = stop;
                return _rotation.RunAsync(p => pump.Post(() => progress.Show(p)), stop);
            },
            StopToken), Table);
        progress.Complete();
        foreach (var left in receipt.Unreadable)
        {
            WriteWarning($"Left as they are: {left}.");
        }

        WriteObject(receipt);
    }

    /// <inheritdoc/>
    protected override void Failing(LoginEtlException fault) => _progress?.Complete();
}
