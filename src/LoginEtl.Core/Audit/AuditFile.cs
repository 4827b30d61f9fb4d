using System.Diagnostics;
using LoginEtl.Faults;

namespace LoginEtl.Audit;

/// <summary>Opens audit files, one process at a time.</summary>
internal static class AuditFile
{
    // Longest wait for others, each of which holds it for one line and one answer of the database.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // EAGAIN of Linux, EWOULDBLOCK of macOS and the BSDs, ERROR_SHARING_VIOLATION of Windows.
    private static readonly int[] InUse = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Alone, to read and append; made for its owner alone when it is missing.</summary>
    /// <exception cref="LoginEtlException"><c>AuditFileUnwritable</c>, <c>AuditFileBusy</c>.</exception>
    public static Task<FileStream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return OpenAsync(path, options, cancellationToken);
    }

    /// <summary>To read while nobody writes.</summary>
    /// <exception cref="LoginEtlException"><c>AuditFileNotFound</c>, <c>AuditFileUnwritable</c>, <c>AuditFileBusy</c>.</exception>
    public static Task<FileStream> ReadAsync(string path, CancellationToken cancellationToken) =>
        OpenAsync(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, BufferSize = 0 }, cancellationToken);

    /// <summary>Where a file stands, as the anchor keeps it.</summary>
    public static string PlaceOf(string path) => $"{Environment.MachineName}:{Path.GetFullPath(path)}";

    /// <summary>A file that cannot be used.</summary>
    public static LoginEtlException Unwritable(string path, Exception e) => new(
        "AuditFileUnwritable", FaultKind.Denied, $"The audit file {path} cannot be read and written ({e.GetType().Name}). Nothing was recovered.",
        "Name a file that this user may write, on a disk with room: without an audit line there is no plaintext.");

    private static async Task<FileStream> OpenAsync(string path, FileStreamOptions options, CancellationToken cancellationToken)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                return new FileStream(path, options);
            }
            catch (IOException e) when (InUse.Contains(e.HResult))
            {
                if (waited.Elapsed > LongestWait)
                {
                    throw new LoginEtlException(
                        "AuditFileBusy", FaultKind.Failed, $"The audit file {path} is in use by another process for more than {LongestWait.TotalSeconds:0} s. Nothing was recovered.",
                        "Wait for the other process, or give each its own audit file.");
                }

                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            }
            catch (FileNotFoundException)
            {
                throw new LoginEtlException("AuditFileNotFound", FaultKind.NotFound, $"There is no audit file {path}.", "Correct the path.");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Unwritable(path, e);
            }
        }
    }
}
