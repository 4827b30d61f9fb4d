using System.Diagnostics;
using LoginEtl.Faults;
using LoginEtl.Files;
using LoginEtl.Keysets;

namespace LoginEtl.Audit;

/// <summary>Opens audit files, one process at a time. What is no file, and what a link leads to, is not opened.</summary>
internal static class AuditFile
{
    // Longest wait for others, each of which holds it for one line and one answer of the database.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // ERROR_SHARING_VIOLATION of Windows.
    private const int InUse = unchecked((int)0x80070020);

    /// <summary>Alone, to read and append; null when there is none.</summary>
    /// <exception cref="LoginEtlException"><c>AuditFileNotOurs</c>, <c>AuditFileUnwritable</c>, <c>AuditFileBusy</c>.</exception>
    public static Task<FileStream?> OpenAsync(string path, CancellationToken cancellationToken) => OpenAsync(path, FileAccess.ReadWrite, cancellationToken);

    /// <summary>To read while nobody writes; null when there is none.</summary>
    /// <exception cref="LoginEtlException"><c>AuditFileNotOurs</c>, <c>AuditFileUnwritable</c>, <c>AuditFileBusy</c>.</exception>
    public static Task<FileStream?> ReadAsync(string path, CancellationToken cancellationToken) => OpenAsync(path, FileAccess.Read, cancellationToken);

    /// <summary>
    /// Makes one, for its owner alone, and holds it: it comes to its place with its first line on disk, so that no file of
    /// ours is ever without one.
    /// </summary>
    /// <returns>Null when something stands there by now.</returns>
    /// <exception cref="LoginEtlException"><c>AuditFileUnwritable</c>.</exception>
    public static FileStream? Create(string path, byte[] firstLine)
    {
        var unfinished = $"{path}.{Guid.NewGuid():N}.tmp";
        FileStream? file = null;
        try
        {
            file = new FileStream(unfinished, CreateOptions());
            file.Write(firstLine);
            file.Flush(flushToDisk: true);
            NewFile.Name(unfinished, path);
            FolderFsync.Try(Path.GetDirectoryName(path)!);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            KeyFile.DeleteIfThere(unfinished);
            return Path.Exists(path) ? null : throw Unwritable(path, e);
        }
    }

    /// <summary>A file that cannot be used.</summary>
    public static LoginEtlException Unwritable(string path, Exception e) => new(
        ErrorId.AuditFileUnwritable, $"The audit file {path} cannot be read and written ({e.GetType().Name}). Nothing was recovered.",
        "Name a file that this user may write, on a disk with room: without an audit line there is no plaintext.");

    private static async Task<FileStream?> OpenAsync(string path, FileAccess access, CancellationToken cancellationToken)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                if (OperatingSystem.IsWindows() ? TryOpenOnWindows(path, access, out var file) : TryOpen(path, access, out file))
                {
                    return file;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Unwritable(path, e);
            }

            if (waited.Elapsed > LongestWait)
            {
                throw new LoginEtlException(
                    ErrorId.AuditFileBusy, $"The audit file {path} is in use by another process for more than {LongestWait.TotalSeconds:0} s. Nothing was recovered.",
                    "Wait for the other process, or give each its own audit file.");
            }

            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }

    // False when another process has it.
    private static bool TryOpen(string path, FileAccess access, out FileStream? file)
    {
        file = null;
        var (found, handle) = CarefulFile.Open(path, access);
        if (handle is null)
        {
            return found is null ? true : throw AuditFaults.NotOurs(path, found.Value.Kind == UnixFile.Link ? AuditFaults.IsLink : AuditFaults.IsNoFile);
        }

        if (!CarefulFile.TryLock(handle, alone: access != FileAccess.Read))
        {
            handle.Dispose();
            return false;
        }

        file = new FileStream(handle, access, bufferSize: 0);
        if (access != FileAccess.Read && file.Length == 0 && !found!.Value.IsTrusted)
        {
            file.Dispose();
            throw AuditFaults.NotOurs(path, "it is empty, and somebody else's");
        }

        return true;
    }

    private static bool TryOpenOnWindows(string path, FileAccess access, out FileStream? file)
    {
        file = null;
        var entry = new FileInfo(path);
        if (entry.LinkTarget is not null || Directory.Exists(path))
        {
            throw AuditFaults.NotOurs(path, entry.LinkTarget is null ? AuditFaults.IsNoFile : AuditFaults.IsLink);
        }

        try
        {
            // A link that is put there meanwhile leads to a file that is asked like any other whether it is ours.
            file = new FileStream(path, FileMode.Open, access, access == FileAccess.Read ? FileShare.Read : FileShare.None, bufferSize: 0);
            return true;
        }
        catch (IOException e) when (e.HResult == InUse)
        {
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return true;
        }
    }

    private static FileStreamOptions CreateOptions()
    {
        var options = KeyFile.OwnerOnly(FileMode.CreateNew);
        if (OperatingSystem.IsWindows())
        {
            // It moves no open file unless it was opened for that; others cannot open it all the same.
            options.Share = FileShare.Delete;
        }

        return options;
    }
}
