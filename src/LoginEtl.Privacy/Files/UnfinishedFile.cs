namespace LoginEtl.Files;

/// <summary>
/// A file beside the one that it becomes: whoever watches for that one reads all of it. Not named when it is disposed of, it goes, and
/// what was there stays as it was; after a kill its ending says what is left.
/// </summary>
/// <param name="name">Full path of the one that it becomes.</param>
internal sealed class UnfinishedFile(string name) : IDisposable
{
    /// <summary>Where it is written.</summary>
    public string FullName { get; } = $"{name}.{Path.GetRandomFileName()}.partial";

    /// <summary>Gives it its name.</summary>
    /// <param name="replaces">In the place of a file that is there; else nothing may have the name.</param>
    /// <exception cref="IOException">Something has that name, or the file cannot be moved.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not.</exception>
    public void Name(bool replaces)
    {
        if (replaces)
        {
            File.Move(FullName, name, overwrite: true);
        }
        else
        {
            NewFile.Name(FullName, name);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            File.Delete(FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What ended the writing is told.
        }
    }
}
