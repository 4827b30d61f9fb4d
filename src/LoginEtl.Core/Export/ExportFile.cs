using System.Diagnostics;
using System.IO.Compression;
using LoginEtl.Faults;
using LoginEtl.Files;

namespace LoginEtl.Export;

/// <summary>
/// A file that rows are exported to. It has its name only once it is whole and on the disk: whoever watches for it reads all of it.
/// </summary>
public sealed class ExportFile
{
    private static readonly string[] s_extensions = [".csv", ".csv.gz", ".parquet"];

    private readonly string _path;
    private readonly bool _replaces;
    private readonly string _extension;

    /// <param name="path">Full path. Its extension says what it is written as: .csv, .csv.gz or .parquet.</param>
    /// <param name="replaces">A file that is there is replaced.</param>
    /// <exception cref="LoginEtlException"><c>PathInvalid</c>: another extension. <c>FileExists</c>.</exception>
    public ExportFile(string path, bool replaces)
    {
        ArgumentNullException.ThrowIfNull(path);
        (_path, _replaces) = (path, replaces);
        _extension = s_extensions.FirstOrDefault(e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase)) ?? throw new LoginEtlException(
            ErrorId.PathInvalid, $"{Path.GetFileName(path)} does not end in {string.Join(", ", s_extensions[..^1])} or {s_extensions[^1]}, which says what is written.",
            "Give the file one of these endings.");
        RequireFree();
    }

    /// <summary>It is written by columns.</summary>
    public bool IsOfColumns => _extension == ".parquet";

    /// <summary>Writes it. What fails leaves nothing, and what was there before as it was.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="columns">Writes files of columns; may be null for others.</param>
    /// <param name="report">Told about how many rows are written; on any thread.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LoginEtlException"><c>FileUnwritable</c>, <c>FileExists</c>, and what reading fails by.</exception>
    public async Task<ExportReceipt> WriteAsync(ILoginExport rows, IColumnWriter? columns, Action<long>? report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var started = Stopwatch.GetTimestamp();
        using var unfinished = new UnfinishedFile(_path);
        try
        {
            long bytes;
            var file = new FileStream(unfinished.FullName, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            await using (file.ConfigureAwait(false))
            {
                await WriteAsync(rows, columns, file, report, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
                bytes = file.Length;
            }

            RequireFree();
            unfinished.Name(_replaces);
            return new ExportReceipt { Table = rows.Name, Path = _path, Rows = rows.Rows, Bytes = bytes, Elapsed = Stopwatch.GetElapsedTime(started) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoginEtlException(
                ErrorId.FileUnwritable, $"{_path} cannot be written ({e.GetType().Name}). Nothing was exported.", "Check its folder, the rights to it and the room on the disk; then run again.");
        }
    }

    private async Task WriteAsync(ILoginExport rows, IColumnWriter? columns, Stream file, Action<long>? report, CancellationToken cancellationToken)
    {
        if (IsOfColumns)
        {
            await columns!.WriteAsync(rows, file, report, cancellationToken).ConfigureAwait(false);
        }
        else if (_extension == ".csv.gz")
        {
            var packed = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true);
            await using var _ = packed.ConfigureAwait(false);
            await rows.WriteCsvAsync(packed, report, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await rows.WriteCsvAsync(file, report, cancellationToken).ConfigureAwait(false);
        }
    }

    private void RequireFree()
    {
        if (!_replaces && Path.Exists(_path))
        {
            throw new LoginEtlException(ErrorId.FileExists, $"{_path} is there already, and stays as it is.", "Name another file, or replace it: Export-LoginRecord -Force.");
        }
    }
}
