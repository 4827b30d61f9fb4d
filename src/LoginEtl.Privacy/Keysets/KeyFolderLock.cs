using LoginEtl.Faults;
using LoginEtl.Files;

namespace LoginEtl.Keysets;

/// <summary>Held while a keyset of a folder is read, changed and written: of two who do so at once the second waits.</summary>
internal sealed class KeyFolderLock : IDisposable
{
    private const string FileName = ".login-etl.lock";
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);
    private readonly FileStream _file;
    private readonly string _path;

    private KeyFolderLock(FileStream file, string path) => (_file, _path) = (file, path);

    /// <exception cref="LoginEtlException"><c>KeysetBusy</c>, <c>KeysetUnwritable</c>, <c>KeysetPermissions</c>, <c>KeysetUnreadable</c>.</exception>
    public static KeyFolderLock Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        RequireFile(folder, path);
        for (var started = Environment.TickCount64; ;)
        {
            try
            {
                // Opened by nobody else meanwhile, in other processes too. It stays there, empty: who deletes it may delete another's.
                var file = new FileStream(path, KeyFile.OwnerOnly(FileMode.OpenOrCreate));
                if (File.Exists(path))
                {
                    RemoveUnfinished(folder);
                    return new KeyFolderLock(file, path);
                }

                // Removed between its opening and its locking: whoever comes next would hold another one.
                file.Dispose();
            }
            catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException)
            {
                throw KeyFile.Unwritable(path, e);
            }
            catch (IOException) when (Environment.TickCount64 - started < Longest.TotalMilliseconds)
            {
                Thread.Sleep(Pause);
            }
            catch (IOException)
            {
                throw new LoginEtlException(
                    ErrorId.KeysetBusy, $"The key folder {folder} is being changed by another process; nothing was changed here.",
                    "Try again when it is done.");
            }
        }
    }

    /// <summary>
    /// Ends it and takes the file away, in a folder that nobody has keysets in yet: two who held a lock at once could make
    /// them, of which one is told that they exist, and not change them.
    /// </summary>
    public void Remove()
    {
        // Windows deletes no file that is open; elsewhere nobody may take it in between.
        if (!OperatingSystem.IsWindows())
        {
            KeyFile.DeleteIfThere(_path);
        }

        Dispose();
        if (OperatingSystem.IsWindows())
        {
            KeyFile.DeleteIfThere(_path);
        }
    }

    public void Dispose() => _file.Dispose();

    // What a killed process was writing has keys in it. Nobody else writes now.
    private static void RemoveUnfinished(string folder)
    {
        try
        {
            // A file that a link leads here may be being written just now, under the lock of another folder.
            foreach (var file in KeysetName.All.SelectMany(n => Directory.EnumerateFiles(folder, $"{n}.json.*{KeyFile.Unfinished}"))
                .Where(f => DateTime.UtcNow - File.GetLastWriteTimeUtc(f) > Longest))
            {
                KeyFile.DeleteIfThere(file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next change tries again.
        }
    }

    // Opening a pipe would wait, and opening a link make a file elsewhere.
    private static void RequireFile(string folder, string path)
    {
        try
        {
            KeyPath.RequireFolder(folder);
            if (!OperatingSystem.IsWindows() && UnixFile.Find(path) is { } found)
            {
                KeyFilePermissions.RequireOwner(path, found, folder);
                KeyFilePermissions.RequireFile(path, found.Kind);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw KeyFile.Unwritable(path, e);
        }
    }
}
