using System.Security.Cryptography;
using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>Keysets from a folder, one file an attribute.</summary>
internal static class KeyFolder
{
    // A keyset of a hundred keys has some 30 kB; whatever is larger is no keyset.
    private const int LargestFile = 1024 * 1024;

    /// <param name="folder">Absolute.</param>
    public static Keyring Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new LoginEtlException(
                "KeysetNotFound", FaultKind.Keys, $"There is no key folder {folder}.",
                $"Make one with New-LoginKeyset -Path '{folder}', or correct the path.");
        }

        var keysets = new Dictionary<string, Keyset>();
        var keyring = new Keyring($"file:{folder}", keysets, []);
        try
        {
            foreach (var name in KeyAttribute.All.Where(name => File.Exists(PathOf(folder, name))))
            {
                keysets.Add(name, ReadFile(PathOf(folder, name), isSecret: name != KeyAttribute.Quarantine));
            }

            return keyring;
        }
        catch
        {
            keyring.Dispose();
            throw;
        }
    }

    public static string PathOf(string folder, string attribute) => Path.Combine(folder, $"{attribute}.json");

    /// <exception cref="LoginEtlException"><c>KeysetUnreadable</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>.</exception>
    public static Keyset ReadFile(string path, bool isSecret)
    {
        var bytes = Array.Empty<byte>();
        try
        {
            // Unbuffered: a buffer would keep a copy of the key.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            KeyFilePermissions.Require(file, isSecret);
            if (file.Length > LargestFile)
            {
                throw Keyset.Invalid(path, "the file is too large to be a keyset");
            }

            bytes = GC.AllocateArray<byte>((int)file.Length, pinned: true);
            file.ReadExactly(bytes);
            return KeysetJson.Parse(bytes, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoginEtlException(
                "KeysetUnreadable", FaultKind.Keys, $"The key file {path} cannot be read ({e.GetType().Name}).",
                "Give the file to the user this runs as, readable by that user alone (chmod 600).");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
