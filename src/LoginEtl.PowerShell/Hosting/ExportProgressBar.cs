using System.Globalization;
using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>An export's progress: its rows.</summary>
internal sealed class ExportProgressBar(Cmdlet cmdlet, string table, long rows)
{
    private const int Id = 0x106E73;
    private readonly ProgressBar _bar = new(cmdlet, Id, $"{table}: export");

    public void Show(long written) => _bar.Show(() =>
    {
        var done = (double)written / Math.Max(rows, 1);
        return new ProgressBar.Status(
            string.Create(CultureInfo.InvariantCulture, $"{written} of {rows} rows"), (int)(done * 100),
            done > 0 ? (int)(_bar.Elapsed.TotalSeconds * (1 - done) / done) : -1);
    });

    public void Complete() => _bar.Complete();
}
