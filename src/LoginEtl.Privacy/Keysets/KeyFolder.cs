using System.Security.Cryptography;
using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>Keysets in a folder, one file each; with a <see cref="EnvelopeEncryption"/> those that hold secrets are encrypted.</summary>
/// <param name="folder">Absolute.</param>
/// <param name="wrap">Null for keysets in clear; disposed of with this.</param>
internal sealed class KeyFolder(string folder, EnvelopeEncryption? wrap = null) : IDisposable
{
    // A keyset of a hundred keys has some 30 kB; whatever is larger is no keyset.
    private const int LargestFile = 1024 * 1024;

    /// <summary>The folder's path.</summary>
    public string Path => folder;

    /// <summary>As a URI without secrets.</summary>
    public string Source => $"{(wrap is null ? "file:" : "awskms:")}{folder}";

    /// <summary>All keysets that are there.</summary>
    /// <exception cref="LoginEtlException">As for <see cref="ReadKeyset"/>, and <c>KeysetNotFound</c>: no such folder, or nothing in it.</exception>
    public Keyring Read()
    {
        var names = Names();
        var keysets = new Dictionary<string, Keyset>();
        var keyring = new Keyring(Source, keysets, []);
        try
        {
            foreach (var name in names)
            {
                keysets.Add(name, ReadKeyset(name));
            }

            return keyring;
        }
        catch
        {
            keyring.Dispose();
            throw;
        }
    }

    /// <summary>The keysets that are there.</summary>
    /// <exception cref="LoginEtlException"><c>KeysetNotFound</c>: none; <c>KeysetUnreadable</c>: who knows.</exception>
    public IReadOnlyList<string> Names()
    {
        try
        {
            var names = KeysetName.All.Where(name => KeyFile.IsThere(PathOf(folder, name))).ToList();
            return names.Count > 0 ? names : throw new LoginEtlException(
                ErrorId.KeysetNotFound, Directory.Exists(folder) ? $"The key folder {folder} has no keyset in it." : $"There is no key folder {folder}.",
                $"See that the path is right, and that the volume or disk it lies on is mounted: new keys open nothing that was masked before. If this is a new installation, make them with New-LoginKeyset -Path '{folder}'.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(folder, e);
        }
    }

    /// <summary>The keyset of a name.</summary>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetUnreadable</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>, and what the key service throws.
    /// </exception>
    public Keyset ReadKeyset(string name)
    {
        var path = PathOf(folder, name);
        if (wrap is null || KeysetName.IsPublic(name))
        {
            return ReadFile(path, isSecret: !KeysetName.IsPublic(name));
        }

        // Others may read the ciphertext, and not put another in its place.
        var ciphertext = ReadBytes(path, isSecret: false, EncryptedOnly);
        using var keyset = wrap.Unwrap(name, ciphertext);
        return KeysetProto.Parse(keyset.Span, path);

        byte[] EncryptedOnly(ReadOnlySpan<byte> json) => EncryptedKeysetJson.Read(json)
            ?? throw Keyset.Invalid(path, "it is not an encrypted Tink JSON keyset");
    }

    /// <summary>Writes the keyset of a name, complete or not at all.</summary>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetUnwritable</c>, <c>KeysetExists</c> without <paramref name="replace"/>, <c>KeysetTooLarge</c>, and what the key service throws.
    /// </exception>
    public void WriteKeyset(string name, uint primary, IReadOnlyList<KeysetKey> keys, bool replace)
    {
        var form = KeyTemplate.Of(name);
        if (wrap is null || KeysetName.IsPublic(name))
        {
            WriteFile(PathOf(folder, name), form, primary, keys, replace);
            return;
        }

        using var keyset = KeysetProto.Write(form, primary, keys);
        var ciphertext = wrap.Wrap(name, keyset);
        KeyFile.Write(PathOf(folder, name), json => EncryptedKeysetJson.Write(json, ciphertext, form, primary, keys), replace);
    }

    public void Dispose() => wrap?.Dispose();

    public static string PathOf(string folder, string name) => System.IO.Path.Combine(folder, $"{name}.json");

    /// <exception cref="LoginEtlException"><c>KeysetUnwritable</c>, <c>KeysetExists</c> without <paramref name="replace"/>.</exception>
    public static void WriteFile(string path, KeyTemplate form, uint primary, IReadOnlyList<KeysetKey> keys, bool replace) =>
        KeyFile.Write(path, json => KeysetJson.Write(json, form.TypeUrl, form.MaterialType, primary, keys), replace);

    /// <exception cref="LoginEtlException"><c>KeysetNotFound</c>, <c>KeysetUnreadable</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>.</exception>
    public static Keyset ReadFile(string path, bool isSecret) => ReadBytes(path, isSecret, json =>
        isSecret && EncryptedKeysetJson.Read(json) is not null
            ? throw Keyset.Invalid(path, "it is encrypted: name its folder as awskms:FOLDER")
            : KeysetJson.Parse(json, path));

    /// <summary>The keyset of private halves in a file, which must be its owner's alone.</summary>
    /// <exception cref="LoginEtlException"><c>KeysetNotFound</c>, <c>KeysetUnreadable</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>.</exception>
    public static Keyset ReadPrivate(string path) => RequirePrivate(ReadFile(path, isSecret: true));

    /// <summary>A keyset if its keys are private halves; else it is disposed of.</summary>
    /// <exception cref="LoginEtlException"><c>KeysetInvalid</c>.</exception>
    public static Keyset RequirePrivate(Keyset keyset)
    {
        try
        {
            keyset.RequireType(KeyTemplate.Private.TypeUrl);
            return keyset;
        }
        catch
        {
            keyset.Dispose();
            throw;
        }
    }

    private static T ReadBytes<T>(string path, bool isSecret, Reading<T> read)
    {
        var bytes = Array.Empty<byte>();
        try
        {
            using var file = KeyFile.Open(path, isSecret);
            if (file.Length > LargestFile)
            {
                throw Keyset.Invalid(path, "the file is too large to be a keyset");
            }

            bytes = GC.AllocateArray<byte>((int)file.Length, pinned: true);
            file.ReadExactly(bytes);
            return read(bytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LoginEtlException(
                ErrorId.KeysetNotFound, $"The key file {path} is not there.",
                "Name the file by its path, and see that the volume or disk it lies on is mounted.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static LoginEtlException Unreadable(string path, Exception cause) => new(
        ErrorId.KeysetUnreadable, $"The key file {path} cannot be read ({cause.GetType().Name}).",
        "Give it to the user this runs as, readable by that user alone (chmod 600; of a folder 700).");

    private delegate T Reading<T>(ReadOnlySpan<byte> json);
}
