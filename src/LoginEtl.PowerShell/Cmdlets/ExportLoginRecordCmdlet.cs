using System.Management.Automation;
using LoginEtl.Export;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Versions;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Export-LoginRecord: masked rows to a file for a warehouse, as they are at one moment. Values are never recovered, and a
/// table with values that are no tokens is refused. The file has its name only once it is whole.
/// </summary>
[Cmdlet(VerbsData.Export, "LoginRecord", SupportsShouldProcess = true)]
[OutputType(typeof(ExportReceipt))]
public sealed class ExportLoginRecordCmdlet : DatabaseCmdlet
{
    private ExportProgressBar? _progress;

    /// <summary>The file. Its ending says what is written: .csv, .csv.gz or .parquet.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Given<SettingText>]
    [OfNoVariable]
    [ValidateNotNullOrEmpty]
    public SettingText? Path { get; set; }

    /// <summary>The first day whose rows are written.</summary>
    [Parameter]
    [Given<DateTimeOffset>]
    [OfNoVariable]
    public DateTimeOffset? FirstDay { get; set; }

    /// <summary>The last day whose rows are written.</summary>
    [Parameter]
    [Given<DateTimeOffset>]
    [OfNoVariable]
    public DateTimeOffset? LastDay { get; set; }

    /// <summary>How versions are encoded.</summary>
    [Parameter]
    [Given<AppVersionFormat>]
    public AppVersionFormat AppVersionFormat { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var settings = ConnectionSettings();
        var file = Guard(() => new ExportFile(PathOf(Path!, "-Path"), Force));
        var filter = new ExportFilter { FirstDay = Day(FirstDay), LastDay = Day(LastDay), AppVersionFormat = AppVersionFormat };
        var export = Own(Await(() => Connectors.Database.OpenExportAsync(settings, filter, StopToken), Table));
        if (!ShouldProcess($"{Path}", FormattableString.Invariant($"Write {export.Rows} rows of {export.Name}")))
        {
            return;
        }

        using var pump = new PipelinePump();
        var progress = _progress = new ExportProgressBar(this, export.Name, export.Rows);
        WriteObject(Guard(
            () => pump.Run(
                stop => file.WriteAsync(export, file.IsOfColumns ? Connectors.NewColumnWriter() : null, rows => pump.Post(() => progress.Show(rows)), stop),
                StopToken),
            Table));
        progress.Complete();
    }

    /// <inheritdoc/>
    protected override void Failing(LoginEtlException fault) => _progress?.Complete();

    // The day that whoever gave it sees on it.
    private static DateOnly? Day(DateTimeOffset? time) => time is { } given ? DateOnly.FromDateTime(given.DateTime) : null;
}
