using System.Management.Automation;
using LoginEtl.History;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Test-LoginRun: proves that the receipts of all runs are what the ledgers and the quarantine hold, and that none was changed,
/// and names the first run that does not fit. Receipts that somebody has kept are looked for.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "LoginRun")]
[OutputType(typeof(RunProof))]
public sealed class TestLoginRunCmdlet : DatabaseCmdlet
{
    private const string Receipts = "receipts of runs, or what else has their Link";
    private readonly List<ReceiptLink> _links = [];
    private long _without;

    /// <summary>Links of receipts that were kept, number and SHA-256, as 42:9f86d0…; receipts may be piped in, and lines of the worker's log that were read by ConvertFrom-Json.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Given<SettingText[]>]
    [AllowNull]
    [AllowEmptyCollection]
    public SettingText[]? Link { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => Receipts;

    /// <inheritdoc/>
    protected override bool NeedsInput => false;

    /// <inheritdoc/>
    protected override object? Input => MyInvocation.BoundParameters.ContainsKey(nameof(Link)) ? nameof(Link) : null;

    /// <inheritdoc/>
    protected override void Process()
    {
        if (Link is { Length: > 0 } links)
        {
            _links.AddRange(links.Select(link => Guard(() => ReceiptLink.Parse(link.Reveal()))));
        }
        else if (MyInvocation.ExpectingInput)
        {
            _without++;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_without > 0)
        {
            WriteWarning($"{_without} of the receipts have no link: their runs added none, and nothing is looked for.");
        }

        var settings = ConnectionSettings();
        var proof = Await(() => Connectors.Database.ProveRunsAsync(settings, _links, StopToken), Table);
        WriteObject(proof);
        if (proof.Fault() is { } fault)
        {
            WriteError(FaultRecord.Of(fault, proof.Table));
        }
    }
}
