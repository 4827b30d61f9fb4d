using System.Text.Json;
using LoginEtl.Faults;
using LoginEtl.Files;

namespace LoginEtl.Keysets;

/// <summary>
/// Opens key files that nobody else could have put there, and writes them: for their owner alone from the first byte on,
/// complete or not there, and on disk before anything is masked with them, name and all where the system can flush a folder.
/// </summary>
internal static class KeyFile
{
    private const int LongestKeyset = 64 * 1024;

    // Of a volume that is given new files at a stroke, as Kubernetes does: it happens once a minute at most.
    private const int MostSwaps = 3;

    /// <summary>Whether anything has that name, be it no file or a link to nothing: it is no keyset that nobody made.</summary>
    /// <exception cref="IOException">The system cannot tell.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not look.</exception>
    public static bool IsThere(string path) => OperatingSystem.IsWindows() ? Path.Exists(path) : UnixFile.Find(path) is not null;

    /// <summary>Opens a key file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isSecret">Whether others may not even read it.</param>
    /// <exception cref="LoginEtlException"><c>KeysetPermissions</c>, <c>KeysetUnreadable</c>.</exception>
    /// <exception cref="IOException">It cannot be opened, or is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static FileStream Open(string path, bool isSecret)
    {
        for (var swaps = 0; ; swaps++)
        {
            try
            {
                return OpenOnce(path, isSecret);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && swaps < MostSwaps && Path.Exists(path))
            {
                // The file that it led to a moment ago is gone, and there is another.
            }
        }
    }

    /// <summary>How the names of files end that are still being written.</summary>
    public const string Unfinished = ".tmp";

    /// <param name="path">The file.</param>
    /// <param name="content">Writes what it holds.</param>
    /// <param name="replace">Whether a file that is there gives way; without it none ever does, whoever made it and when.</param>
    /// <exception cref="LoginEtlException"><c>KeysetUnwritable</c>, <c>KeysetExists</c>, <c>KeysetPermissions</c>: of the folder.</exception>
    public static void Write(string path, Action<Utf8JsonWriter> content, bool replace)
    {
        using var bytes = new KeyBuffer(LongestKeyset);
        var full = Path.GetFullPath(path);
        var unfinished = "";
        try
        {
            Serialise(bytes, content);
            MakeUnguarded(Path.GetDirectoryName(full)!);
            // What a link leads to gives way, and not the link: the bytes of a removed key would stay behind it.
            full = replace && File.Exists(full) ? KeyPath.Resolve(full) : full;
            unfinished = $"{full}.{Guid.NewGuid():N}{Unfinished}";
            using (var file = new FileStream(unfinished, OwnerOnly(FileMode.CreateNew)))
            {
                file.Write(bytes.Written);
                file.Flush(flushToDisk: true);
            }

            if (replace)
            {
                File.Move(unfinished, full, overwrite: true);
            }
            else
            {
                NewFile.Name(unfinished, full);
            }

            FolderFsync.Try(Path.GetDirectoryName(full)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (unfinished.Length > 0)
            {
                DeleteIfThere(unfinished);
            }

            throw !replace && File.Exists(full) ? Exists(full) : Unwritable(full, e);
        }
    }

    /// <summary>Makes a folder for its owner alone, unless it is there.</summary>
    /// <exception cref="LoginEtlException"><c>KeysetUnwritable</c>, <c>KeysetPermissions</c>.</exception>
    public static void MakeFolder(string folder)
    {
        try
        {
            MakeUnguarded(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(folder, e);
        }
    }

    /// <summary>The fault of a file that is there and must not be replaced.</summary>
    public static LoginEtlException Exists(string path) => new(
        ErrorId.KeysetExists, $"The key file {path} exists already; nothing was written.",
        "Choose another folder. Overwriting makes everything masked with the old keys unrecoverable without a backup.");

    /// <summary>The fault of a file that cannot be written.</summary>
    public static LoginEtlException Unwritable(string path, Exception cause) => new(
        ErrorId.KeysetUnwritable, $"The key file {path} cannot be written ({cause.GetType().Name}).",
        "Choose a folder that this user may write to, on a disk with room.");

    /// <summary>Best effort: what could not be written matters more than what could not be removed.</summary>
    public static void DeleteIfThere(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static void Serialise(KeyBuffer buffer, Action<Utf8JsonWriter> content)
    {
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            content(json);
        }

        buffer.GetSpan(1)[0] = (byte)'\n';
        buffer.Advance(1);
    }

    /// <summary>Opens for writing, for nobody else meanwhile; a file that is made is its owner's alone.</summary>
    public static FileStreamOptions OwnerOnly(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static FileStream OpenOnce(string path, bool isSecret)
    {
        var place = KeyPath.Resolve(path);
        KeyFilePermissions.RequireFile(path, KindOf(place));
        // Unbuffered: a buffer would keep a copy of the key.
        var file = new FileStream(place, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        try
        {
            KeyFilePermissions.Require(file, path, isSecret);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string KindOf(string place) => OperatingSystem.IsWindows()
        ? Directory.Exists(place) ? UnixFile.Folder : UnixFile.File
        : UnixFile.Find(place)?.Kind ?? throw new FileNotFoundException();

    private static void MakeUnguarded(string folder)
    {
        KeyPath.RequireFolder(folder);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
