using System.Management.Automation;
using LoginEtl.Audit;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Test-LoginAudit: looks for every audit file that the database knows, verifies their chains and anchors, and says what became
/// of each; with -AuditFile of one file only. Whatever is changed, cut, missing, moved or replaced is an error.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "LoginAudit", DefaultParameterSetName = AllFiles)]
[OutputType(typeof(AuditReport))]
public sealed class TestLoginAuditCmdlet : KeyedDatabaseCmdlet
{
    private const string AllFiles = "All";
    private const string OneFile = "File";
    private IAuditAnchor? _anchor;

    /// <summary>One audit file, at its place; without it every file that the database knows is looked at, and the one that LOGINETL_AUDIT names.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = OneFile)]
    [Given<SettingText>]
    [Alias("PSPath", "LiteralPath")]
    [ValidateNotNullOrEmpty]
    public SettingText? AuditFile { get; set; }

    /// <summary>Folders of archived files and of copies from other hosts; files are known by their ids, whatever their names.</summary>
    [Parameter(ParameterSetName = AllFiles)]
    [Given<SettingText[]>]
    [ValidateNotNullOrEmpty]
    public SettingText[] Archive { get; set; } = [];

    /// <summary>Also says under which lines these tokens were asked for.</summary>
    [Parameter]
    [Given<SettingText[]>]
    [ValidateNotNull]
    public SettingText[] Token { get; set; } = [];

    /// <inheritdoc/>
    protected override string? Takes => "audit files, as Get-Item gives them";

    // Without, it is every file that the database knows.
    /// <inheritdoc/>
    protected override bool NeedsInput => false;

    /// <inheritdoc/>
    protected override object? Input => AuditFile;

    /// <inheritdoc/>
    protected override void Process()
    {
        if (_anchor is null && (Database is not null || Environment.GetEnvironmentVariable(EnvironmentSettings.DatabaseVariable) is { Length: > 0 }))
        {
            var settings = ConnectionSettings();
            _anchor = Own(Await(() => Connectors.Database.OpenAnchorAsync(settings, StopToken), Table));
            WarnOfWriters(Await(() => _anchor.WritersAsync(StopToken), Table));
            if (Await(() => _anchor.ElsewhereAsync(StopToken), Table) is { Count: > 0 } elsewhere)
            {
                WriteWarning($"Recoveries may be witnessed elsewhere in this database, too: {string.Join(", ", elsewhere)}. Look at each with -Table, or drop what nobody needs.");
            }
        }

        foreach (var report in ParameterSetName == AllFiles && _anchor is not null ? Everything(_anchor) : [Single()])
        {
            WriteObject(report);
            if (report.Fault() is { } fault)
            {
                WriteError(FaultRecord.Of(fault, report.Place));
            }
        }
    }

    private IReadOnlyList<AuditReport> Everything(IAuditAnchor anchor)
    {
        string[] named = EnvironmentSettings.Read(EnvironmentSettings.AuditVariable) is { } file && !string.IsNullOrWhiteSpace(file) ? [Full(file, EnvironmentSettings.AuditVariable)] : [];
        string[] archives = [.. Archive.Select(folder => Full(folder.Reveal(), "-Archive"))];
        var keyring = Keyring;
        var reports = Await(() => AuditVerification.RunAsync(keyring, anchor, named, archives, Tokens(), StopToken), Table);
        if (reports.Count == 0)
        {
            WriteWarning("The database knows no audit file: either nothing was ever recovered, or all anchors were deleted.");
        }

        return reports;
    }

    private AuditReport Single()
    {
        var path = Full(Guard(() => EnvironmentSettings.Require(AuditFile?.Reveal(), EnvironmentSettings.AuditVariable, "-AuditFile")), "-AuditFile");
        var keyring = Keyring;
        var report = Await(() => AuditVerification.RunAsync(path, keyring, _anchor, Tokens(), StopToken), path);
        if (_anchor is null)
        {
            WriteWarning("No database was named, so the anchor was not looked at: a cut end, or a file made anew with the audit key, would not show.");
        }

        return report;
    }

    private string Full(string path, string setting) => Guard(() => GivenPath.Of(this, path, setting));

    private string[] Tokens() => [.. Token.Select(t => t.Reveal())];

    private void WarnOfWriters(IReadOnlyList<string> writers)
    {
        if (writers.Count > 0)
        {
            WriteWarning($"{string.Join(", ", writers)} may change the anchors, or make up who recovered and when: run Initialize-LoginDatabase -Role, and revoke what remains.");
        }
    }
}
