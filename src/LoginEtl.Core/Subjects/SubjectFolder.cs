using System.Security.Cryptography;
using System.Text;
using LoginEtl.Faults;
using LoginEtl.Files;

namespace LoginEtl.Subjects;

/// <summary>
/// A folder that a person's data is written to. It has its name only once all of it is on the disk, and what fails leaves
/// nothing. On Unix nobody but its owner reads it.
/// </summary>
public sealed class SubjectFolder
{
    private const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _path;

    /// <param name="path">Full path; nothing may be there.</param>
    /// <exception cref="LoginEtlException"><c>FileExists</c>.</exception>
    public SubjectFolder(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        _path = Path.TrimEndingDirectorySeparator(path);
        RequireFree();
    }

    /// <summary>Its full path.</summary>
    public string FullName => _path;

    /// <summary>Lets files be written, and gives the folder its name when all of them are.</summary>
    /// <param name="write">Is given the folder as it is until then.</param>
    /// <exception cref="LoginEtlException"><c>FileUnwritable</c>, <c>FileExists</c>, and what <paramref name="write"/> fails by.</exception>
    internal async Task<T> FillAsync<T>(Func<string, Task<T>> write)
    {
        var unfinished = $"{_path}.{Path.GetRandomFileName()}.partial";
        try
        {
            Make(unfinished);
            var written = await write(unfinished).ConfigureAwait(false);
            FolderFsync.Try(unfinished);
            RequireFree();
            Directory.Move(unfinished, _path);
            FolderFsync.Try(Path.GetDirectoryName(_path)!);
            return written;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoginEtlException(
                ErrorId.FileUnwritable, $"{_path} cannot be written ({e.GetType().Name}). Nothing was exported.", "Check its folder, the rights to it and the room on the disk; then run again.");
        }
        finally
        {
            Remove(unfinished);
        }
    }

    /// <summary>Writes objects as one JSON array.</summary>
    internal static async Task<SubjectFile> WriteAsync(string path, IAsyncEnumerable<string> objects, CancellationToken cancellationToken)
    {
        var count = 0L;
        var file = new StreamWriter(New(path), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        await using (file.ConfigureAwait(false))
        {
            await file.WriteAsync("[").ConfigureAwait(false);
            await foreach (var one in objects.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                await file.WriteAsync(count++ == 0 ? "\n" : ",\n").ConfigureAwait(false);
                await file.WriteAsync(one).ConfigureAwait(false);
            }

            await file.WriteLineAsync(count == 0 ? "]" : "\n]").ConfigureAwait(false);
            await file.FlushAsync(cancellationToken).ConfigureAwait(false);
            ((FileStream)file.BaseStream).Flush(flushToDisk: true);
        }

        // Of what is on the disk, and not of what was sent to it.
        var written = File.OpenRead(path);
        await using var _ = written.ConfigureAwait(false);
        return new SubjectFile(Path.GetFileName(path), count, written.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(written, cancellationToken).ConfigureAwait(false)));
    }

    /// <summary>A file of its owner alone.</summary>
    internal static FileStream New(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private static void Make(string folder)
    {
        if (!Directory.Exists(Path.GetDirectoryName(folder)))
        {
            throw new DirectoryNotFoundException();
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, Mine);
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What ended the writing is told; its ending says what is left.
        }
    }

    private void RequireFree()
    {
        if (Path.Exists(_path))
        {
            throw new LoginEtlException(ErrorId.FileExists, $"{_path} is there already, and stays as it is.", "Name a folder that is not there.");
        }
    }
}

/// <summary>A file that was written.</summary>
/// <param name="Name">Without its folder.</param>
/// <param name="Count">Of its objects.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Digest">SHA-256 in lower-case hexadecimal.</param>
internal sealed record SubjectFile(string Name, long Count, long Bytes, string Digest);
