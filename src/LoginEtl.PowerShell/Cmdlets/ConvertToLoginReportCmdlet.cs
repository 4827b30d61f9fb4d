using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Report;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// ConvertTo-LoginReport: one HTML page about many runs, as a text. It needs nothing beside it, and holds no personal data.
/// </summary>
[Cmdlet(VerbsData.ConvertTo, "LoginReport")]
[OutputType(typeof(string))]
public sealed class ConvertToLoginReportCmdlet : LoginCmdlet
{
    private const string Runs = "receipts of Invoke-LoginEtl and Write-LoginRecord, and runs from Get-LoginRun";
    private readonly List<ReportedRun> _runs = [];

    /// <summary>Receipts of Invoke-LoginEtl and Write-LoginRecord, and runs from Get-LoginRun.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ReportedRuns(Runs)]
    [ValidateNotNull]
    public ReportedRun[]? InputObject { get; set; }

    /// <summary>Title of the page: letters, digits and what names have.</summary>
    [Parameter]
    [Given<SettingText>]
    [OfNoVariable]
    [ValidateNotNullOrEmpty]
    public SettingText? Title { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => Runs;

    /// <inheritdoc/>
    protected override object? Input => InputObject;

    /// <inheritdoc/>
    protected override void Begin()
    {
        // It is shown to whoever reads the page, so what landed here in the place of another text is refused as elsewhere.
        if (Title is { } title && !Quotable.IsSource(title.Reveal()))
        {
            ThrowTerminatingError(FaultRecord.Of(new LoginEtlException(
                ErrorId.SettingInvalid, "-Title does not read as a title.", "It may have letters, digits, blanks and _ - . , : / ( ) # + = % in it.")));
        }
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (InputObject is { } runs)
        {
            _runs.AddRange(runs);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => WriteObject(ReportPage.Of(_runs, Title?.Reveal()));
}
