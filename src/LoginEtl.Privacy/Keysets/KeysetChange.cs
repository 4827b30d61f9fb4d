using System.Globalization;
using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>
/// Changes the keys of a keyset in its folder: one change at a time, each read, checked and written whole under a lock of
/// the folder, so that two at once lose nothing. What fails leaves the file as it was.
/// </summary>
public sealed class KeysetChange
{
    private readonly KeySource _source;
    private readonly KeyAccess _access;
    private readonly string _name;
    private readonly string _folder;

    private KeysetChange(KeySource source, string name, KeyAccess access)
    {
        (_source, _access, _name) = (source, access, name);
        using var folder = source.Folder(access);
        _folder = folder.Path;
    }

    /// <summary>The keyset's file.</summary>
    public string Path => KeyFolder.PathOf(_folder, _name);

    /// <summary>A keyset that can be changed.</summary>
    /// <param name="uri">Key source: a folder, <c>file:</c> or <c>awskms:</c>.</param>
    /// <param name="name">Of the keyset.</param>
    /// <param name="access">What the host lends.</param>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetReadOnly</c>, <c>KeysetNotFound</c>, <c>KeysetNameInvalid</c>, <c>KeysetNotRotated</c>, and those of the source.
    /// </exception>
    public static KeysetChange Of(string uri, string name, KeyAccess access)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(uri);
        ArgumentNullException.ThrowIfNull(access);
        var change = new KeysetChange(KeySource.Parse(uri), KeysetName.Require(name), access);
        if (name == KeysetName.LineId)
        {
            throw new LoginEtlException(
                ErrorId.KeysetNotRotated, $"The keyset '{name}' is never changed: with another key the lines of files that were loaded would be loaded again.",
                "Keep it, and its backup. Where it must go, the file ledger goes with it.");
        }

        using var folder = change._source.Folder(access);
        return folder.Names().Contains(name) ? change : throw new LoginEtlException(
            ErrorId.KeysetNotFound, $"There is no keyset '{name}' in {change._folder}.",
            "Bring it back from a backup (Import-LoginKey) if there ever was one; else make it with New-LoginKeyset -MissingOnly.");
    }

    /// <summary>All keys as they are.</summary>
    /// <exception cref="LoginEtlException">Those of reading them.</exception>
    public IReadOnlyList<LoginKey> List()
    {
        using var folder = _source.Folder(_access);
        using var keyset = folder.ReadKeyset(_name);
        return [.. KeyListing.Of(_name, keyset)];
    }

    /// <summary>A key as it is.</summary>
    /// <exception cref="LoginEtlException"><c>KeyNotFound</c>, and those of reading it.</exception>
    public LoginKey Find(uint keyId)
    {
        using var folder = _source.Folder(_access);
        using var keyset = folder.ReadKeyset(_name);
        Find(keyset, keyId);
        return KeyListing.Of(_name, keyset).Single(k => k.KeyId == keyId);
    }

    /// <summary>Adds a new random key: enabled, and not yet primary, so that it can be handed to every host first.</summary>
    /// <param name="privateKeyPath">For keysets of public keys: the file of their private halves, which gets the new one first.</param>
    /// <exception cref="LoginEtlException"><c>PrivateKeyNeeded</c>, <c>KeysetBusy</c>, <c>KeysetUnwritable</c>, …</exception>
    public LoginKey Add(string? privateKeyPath = null) => Change(keyset =>
    {
        var keys = NewKey(keyset, privateKeyPath);
        return (keys, keyset.Primary.Id, keys[^1].Id);
    });

    /// <summary>Makes an enabled key the primary one.</summary>
    /// <exception cref="LoginEtlException"><c>KeyNotFound</c>, <c>KeyNotEnabled</c>, <c>KeysetBusy</c>, …</exception>
    public LoginKey Promote(uint keyId) => Change(keyset =>
    {
        var key = Find(keyset, keyId);
        return key.Status == KeyStatus.Enabled ? (keyset.Keys, keyId, keyId) : throw Refused(
            ErrorId.KeyNotEnabled, $"Key {Id(keyId)} of the keyset '{_name}' is {key.Status.ToString().ToLowerInvariant()}, and only an enabled one can be primary.",
            "Enable it with Enable-LoginKey, or add a new key with Add-LoginKey.");
    });

    /// <summary>Keeps a key and uses it no more: tokens under it stay in their rows, and nothing opens them.</summary>
    /// <exception cref="LoginEtlException"><c>KeyNotFound</c>, <c>KeyIsPrimary</c>, <c>KeyDestroyed</c>, <c>KeysetBusy</c>, …</exception>
    public LoginKey Disable(uint keyId) => SetStatus(keyId, KeyStatus.Disabled);

    /// <summary>Uses a disabled key again.</summary>
    /// <exception cref="LoginEtlException"><c>KeyNotFound</c>, <c>KeyDestroyed</c>, <c>KeysetBusy</c>, …</exception>
    public LoginKey Enable(uint keyId) => SetStatus(keyId, KeyStatus.Enabled);

    /// <summary>
    /// Destroys a disabled key: its bytes are gone, and with them what was masked with it, for good. Its id stays, so that no
    /// new key takes it.
    /// </summary>
    /// <exception cref="LoginEtlException"><c>KeyNotFound</c>, <c>KeyNotDisabled</c>, <c>KeysetBusy</c>, …</exception>
    public LoginKey Destroy(uint keyId) => Change(keyset =>
    {
        var key = Find(keyset, keyId);
        if (_name == KeysetName.Audit)
        {
            throw Refused(
                ErrorId.KeysetNotRotated, $"Keys of the keyset '{_name}' are never removed: lines and anchors of audit files hold under the key that they were made with, the first of all.",
                "Keep it, disabled if it is to make no new ones.");
        }

        return key.Status != KeyStatus.Enabled ? (With(keyset, key with { Status = KeyStatus.Destroyed }), keyset.Primary.Id, keyId) : throw Refused(
            ErrorId.KeyNotDisabled, $"Key {Id(keyId)} of the keyset '{_name}' is enabled, and only a disabled one is removed.",
            "Take its rows to another key with Update-LoginToken, disable it with Disable-LoginKey, and remove it when nothing has missed it.");
    });

    private LoginKey SetStatus(uint keyId, KeyStatus status) => Change(keyset =>
    {
        var key = Find(keyset, keyId);
        if (key.Status == KeyStatus.Destroyed)
        {
            throw Refused(ErrorId.KeyDestroyed, $"Key {Id(keyId)} of the keyset '{_name}' is destroyed: its bytes are gone.", "Restore the keyset from its backup if it is still needed.");
        }

        if (key == keyset.Primary && status != KeyStatus.Enabled)
        {
            throw Refused(ErrorId.KeyIsPrimary, $"Key {Id(keyId)} of the keyset '{_name}' is primary: without it nothing could be masked.", "Make another key primary first, with Set-LoginPrimaryKey.");
        }

        return (With(keyset, key with { Status = status }), keyset.Primary.Id, keyId);
    });

    private LoginKey Change(Func<Keyset, (IReadOnlyList<KeysetKey> Keys, uint Primary, uint About)> change)
    {
        using var folder = _source.Folder(_access);
        using var held = KeyFolderLock.Take(folder.Path);
        using var keyset = folder.ReadKeyset(_name);
        keyset.RequireType(KeyTemplate.Of(_name).TypeUrl);
        var (keys, primary, about) = change(keyset);
        try
        {
            // What could not be read again is not written.
            var changed = new Keyset(Path, keyset.TypeUrl, primary, keys);
            folder.WriteKeyset(_name, primary, keys, replace: true);
            return KeyListing.Of(_name, changed).Single(k => k.KeyId == about);
        }
        finally
        {
            foreach (var key in keys.Except(keyset.Keys))
            {
                key.Material.Dispose();
            }
        }
    }

    private IReadOnlyList<KeysetKey> NewKey(Keyset keyset, string? privateKeyPath)
    {
        if (!KeysetName.IsPublic(_name))
        {
            return [.. keyset.Keys, new KeysetKey(KeyIds.New(keyset.Keys.Select(k => k.Id)), KeyStatus.Enabled, KeyTemplate.Of(_name).NewMaterial())];
        }

        if (privateKeyPath is null)
        {
            throw Refused(ErrorId.PrivateKeyNeeded, $"The keyset '{_name}' holds public keys, and a new one needs a place for its private half.", "Name the file of the private halves with -PrivateKeyPath.");
        }

        using var privateKeys = KeyFolder.ReadPrivate(privateKeyPath);
        // A private half may have been written for a public one that was not.
        using var pair = KeyPair.New(KeyIds.New(keyset.Keys.Concat(privateKeys.Keys).Select(k => k.Id)));
        // First the private half: a public key without its own would seal what nobody can ever read.
        KeyFolder.WriteFile(privateKeyPath, KeyTemplate.Private, privateKeys.Primary.Id, [.. privateKeys.Keys, new KeysetKey(pair.Id, KeyStatus.Enabled, pair.PrivateHalf)], replace: true);
        return [.. keyset.Keys, new KeysetKey(pair.Id, KeyStatus.Enabled, KeyBytes.CopyOf(pair.PublicHalf.Span))];
    }

    private static List<KeysetKey> With(Keyset keyset, KeysetKey changed) =>
        [.. keyset.Keys.Select(k => k.Id == changed.Id ? changed : k)];

    private KeysetKey Find(Keyset keyset, uint keyId) => keyset.Keys.FirstOrDefault(k => k.Id == keyId) ?? throw Refused(
        ErrorId.KeyNotFound, $"The keyset '{_name}' has no key {Id(keyId)}.", "Get-LoginKeyset shows the keys there are.");

    private static string Id(uint keyId) => keyId.ToString(CultureInfo.InvariantCulture);

    private static LoginEtlException Refused(ErrorId error, string message, string remedy) =>
        new(error, $"{message} Nothing was changed.", remedy);
}
