using System.Globalization;
using System.Management.Automation;
using LoginEtl.Rotation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>A rotation's progress: its pass, rows, rate, and how long the first pass will take.</summary>
internal sealed class RotationProgressBar(Cmdlet cmdlet, string table)
{
    private const int Id = 0x106E72;
    private readonly ProgressBar _bar = new(cmdlet, Id, $"{table}: tokens");

    public void Show(RotationProgress progress) => _bar.Show(() =>
    {
        var seconds = Math.Max(_bar.Elapsed.TotalSeconds, 0.001);
        var rate = progress.RowsUpdated / seconds;
        return new ProgressBar.Status(
            string.Create(CultureInfo.InvariantCulture, $"pass {progress.Pass}, {progress.RowsUpdated} rows updated, {rate:0} a second"),
            (int)(progress.Done * 100),
            progress.Done > 0 && progress.Pass == 1 ? (int)(seconds * (1 - progress.Done) / progress.Done) : -1);
    });

    public void Complete() => _bar.Complete();
}
