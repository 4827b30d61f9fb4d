using LoginEtl.Faults;
using LoginEtl.Files;

namespace LoginEtl.Report;

/// <summary>
/// The file of a run's page. It appears whole, and replaces the one of the run before: a scheduled run writes the same one each time.
/// </summary>
public sealed class ReportFile
{
    private readonly string _path;

    /// <param name="path">Full path, which ends in .html or .htm: what else is there is never replaced by a typo.</param>
    /// <exception cref="LoginEtlException"><c>PathInvalid</c>: another ending, or a folder. <c>FileUnwritable</c>: its folder is not there.</exception>
    public ReportFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        _path = path;
        if (Path.GetExtension(path).ToUpperInvariant() is not (".HTML" or ".HTM") || Directory.Exists(path))
        {
            throw new LoginEtlException(ErrorId.PathInvalid, $"{path} is not the name of a page: it ends in .html, and is no folder.", "Give the file such a name.");
        }

        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            throw new LoginEtlException(ErrorId.FileUnwritable, $"{path} cannot be written: its folder is not there.", "Make the folder, or name another.");
        }
    }

    /// <summary>Writes it, in the place of what was there. What fails leaves that as it was.</summary>
    /// <param name="page">The page.</param>
    /// <exception cref="LoginEtlException"><c>FileUnwritable</c>.</exception>
    public void Write(string page)
    {
        using var unfinished = new UnfinishedFile(_path);
        try
        {
            File.WriteAllText(unfinished.FullName, page);
            unfinished.Name(replaces: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoginEtlException(
                ErrorId.FileUnwritable, $"The report {_path} cannot be written ({e.GetType().Name}). The run itself is as its receipt says.", "Check its folder, the rights to it and the room on the disk.");
        }
    }
}
