using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.Report;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// The page of a run, where one is asked for: gathered while the run goes on, and written at its end. Nothing that is wrong with it
/// changes the run.
/// </summary>
internal sealed class RunReport
{
    private readonly ReportFile _file;
    private readonly RunStatistics _statistics = new();
    private readonly bool _isDryRun;
    private volatile LoginEtlException? _fault;

    private RunReport(ReportFile file, bool isDryRun) => (_file, _isDryRun) = (file, isDryRun);

    /// <param name="cmdlet">Whose folder relative paths are of.</param>
    /// <param name="path">As given; null for no page.</param>
    /// <param name="isDryRun">Nothing is written by the run.</param>
    /// <exception cref="LoginEtlException"><c>PathInvalid</c>, <c>FileUnwritable</c>: told before the run begins.</exception>
    public static RunReport? For(PSCmdlet cmdlet, SettingText? path, bool isDryRun) =>
        path is null ? null : new RunReport(new ReportFile(GivenPath.Of(cmdlet, path.Reveal(), "-ReportPath")), isDryRun);

    /// <summary>The same of a run that cannot begin, which has an error of its own to tell.</summary>
    /// <inheritdoc cref="For"/>
    public static RunReport? ForFailed(PSCmdlet cmdlet, SettingText? path)
    {
        try
        {
            return For(cmdlet, path, isDryRun: false);
        }
        catch (LoginEtlException)
        {
            return null;
        }
    }

    /// <summary>Counts a batch; on any thread.</summary>
    public void Add(BatchReport batch)
    {
        try
        {
            _statistics.Add(batch);
        }
        catch (Exception e)
        {
            _fault ??= LoginEtlException.Unexpected(e);
        }
    }

    /// <summary>Writes the page.</summary>
    /// <returns>Why there is none, in words; null where there is.</returns>
    public string? Write(Receipt receipt)
    {
        try
        {
            if (_fault is null)
            {
                _file.Write(ReportPage.Of(receipt, _statistics, _isDryRun));
            }
        }
        catch (Exception e)
        {
            _fault = e as LoginEtlException ?? LoginEtlException.Unexpected(e);
        }

        return _fault is null ? null : $"{_fault.Message} {_fault.Remedy}";
    }
}
