using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>Held while a keyset of a folder is read, changed and written: of two who do so at once the second waits.</summary>
internal sealed class KeyFolderLock : IDisposable
{
    private const string FileName = ".login-etl.lock";
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);
    private readonly FileStream _file;

    private KeyFolderLock(FileStream file) => _file = file;

    /// <exception cref="LoginEtlException"><c>KeysetBusy</c>, <c>KeysetUnwritable</c>.</exception>
    public static KeyFolderLock Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        for (var started = Environment.TickCount64; ;)
        {
            try
            {
                // Opened by nobody else meanwhile, in other processes too. It stays there, empty: who deletes it may delete another's.
                return new KeyFolderLock(new FileStream(path, KeyFile.OwnerOnly(FileMode.OpenOrCreate)));
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
                    "KeysetBusy", FaultKind.Keys, $"The key folder {folder} is being changed by another process; nothing was changed here.",
                    "Try again when it is done.");
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
