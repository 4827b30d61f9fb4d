using System.Management.Automation;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Quarantine;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Remove-LoginQuarantine: dismisses what is nobody's login. What an entry holds is erased for good; who, when and why stand in
/// its place, and its message, delivered again, makes nothing.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "LoginQuarantine", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(DismissResult))]
public sealed class RemoveLoginQuarantineCmdlet : DatabaseCmdlet
{
    private const int BatchSize = 100;
    private const string Entries = "entries from Get-LoginQuarantine, or bodies from Unprotect-LoginPii";
    private readonly List<QuarantineEntry> _entries = new(BatchSize);
    private IQuarantine? _quarantine;
    private Dismissal? _dismissal;

    /// <summary>Entries from Get-LoginQuarantine, or bodies from Unprotect-LoginPii that were looked at.</summary>
    [Parameter(ValueFromPipeline = true)]
    [Alias("Entry")]
    [LiveObject<QuarantineEntry>(Entries, Property = "Entry")]
    public QuarantineEntry? InputObject { get; set; }

    /// <summary>Why. It stays in the quarantine: leave personal data out of it.</summary>
    [Parameter(Mandatory = true)]
    [Given<SettingText>]
    public SettingText? Reason { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => Entries;

    /// <inheritdoc/>
    protected override object? Input => InputObject;

    /// <inheritdoc/>
    protected override void Begin()
    {
        var settings = ConnectionSettings();
        _dismissal = Guard(() => new Dismissal(Reason!.Reveal()));
        _quarantine = Own(Await(() => Connectors.Database.OpenQuarantineAsync(settings, new SinkOptions(), StopToken), Table));
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!ShouldProcess(InputObject!.ToString(), "Dismiss, and erase what it holds"))
        {
            return;
        }

        _entries.Add(InputObject);
        if (_entries.Count == BatchSize)
        {
            Dismiss();
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Dismiss();

    private void Dismiss()
    {
        if (_entries.Count > 0)
        {
            WriteObject(Await(() => _quarantine!.DismissAsync(_entries, _dismissal!, StopToken), Table), enumerateCollection: true);
            _entries.Clear();
        }
    }
}
