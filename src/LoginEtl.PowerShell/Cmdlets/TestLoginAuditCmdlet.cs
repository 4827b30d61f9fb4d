using System.Management.Automation;
using LoginEtl.Audit;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Test-LoginAudit: verifies an audit file's chain and its anchor in the database, and names the first line that does not hold.</summary>
/// <example>
/// <code>Test-LoginAudit $dsn keys/ -AuditFile recovery.jsonl</code>
/// <para>Verifies the chain and its anchor; an error names the first line that does not hold.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "LoginAudit")]
[OutputType(typeof(AuditReport))]
public sealed class TestLoginAuditCmdlet : KeyedDatabaseCmdlet
{
    private IAuditAnchor? _anchor;

    /// <summary>The audit file; LOGINETL_AUDIT when not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string? AuditFile { get; set; }

    /// <summary>Also says under which lines these tokens were asked for.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] Token { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var path = Guard(() => GetUnresolvedProviderPathFromPSPath(EnvironmentSettings.Require(AuditFile, EnvironmentSettings.AuditVariable, "-AuditFile")));
        if (_anchor is null && (Database is not null || Environment.GetEnvironmentVariable(EnvironmentSettings.DatabaseVariable) is { Length: > 0 }))
        {
            var settings = ConnectionSettings();
            _anchor = Await(() => Connectors.Database.OpenAnchorAsync(settings, StopToken), Table);
        }

        var keyring = Keyring;
        var report = Await(() => AuditVerification.RunAsync(path, keyring, _anchor, Token, StopToken), path);
        if (_anchor is null)
        {
            WriteWarning("No database was named, so the anchor was not looked at: a cut end, or a file made anew with the audit key, would not show.");
        }

        WriteObject(report);
        if (!report.IsIntact)
        {
            WriteError(FaultRecord.Of(
                new LoginEtlException(
                    "AuditBroken", FaultKind.Failed, $"Line {report.BrokenLine} of the audit file {path} does not hold: {report.Why}.",
                    "Keep the file as evidence, and find out who could write it since its last anchor (login_etl_audit_anchor has the times)."),
                path));
        }
    }

    /// <inheritdoc/>
    protected override async Task CleanUpAsync()
    {
        await base.CleanUpAsync().ConfigureAwait(false);
        if (_anchor is not null)
        {
            await _anchor.DisposeAsync().ConfigureAwait(false);
        }
    }
}
