using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>
/// Brings keys of a backup into a key folder that has moved on since: what the folder lacks is added, and what it has stays
/// as it is, its primary keys too.
/// </summary>
public sealed class KeyImport
{
    private readonly KeySource _source;
    private readonly KeyAccess _access;
    private readonly string _from;
    private readonly IReadOnlyList<string> _names;
    private readonly bool _includeDestroyed;

    private KeyImport(KeySource source, string from, IReadOnlyList<string> names, bool includeDestroyed, KeyAccess access)
    {
        (_source, _from, _names, _includeDestroyed, _access) = (source, from, names, includeDestroyed, access);
        using var folder = source.Folder(access);
        Folder = folder.Path;
    }

    /// <summary>The folder that is changed.</summary>
    public string Folder { get; }

    /// <summary>An import into a folder.</summary>
    /// <param name="uri">Key source of the folder: its path, <c>file:</c> or <c>awskms:</c>.</param>
    /// <param name="from">Key source of the backup, of any kind.</param>
    /// <param name="names">The keysets that are looked at; all when empty.</param>
    /// <param name="includeDestroyed">Brings keys back that were removed from the folder.</param>
    /// <param name="access">What the host lends.</param>
    /// <exception cref="LoginEtlException"><c>KeysetReadOnly</c>, <c>KeysetNameInvalid</c>, and those of the source.</exception>
    public static KeyImport Of(string uri, string from, IReadOnlyList<string> names, bool includeDestroyed, KeyAccess access)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(uri);
        ArgumentException.ThrowIfNullOrWhiteSpace(from);
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(access);
        return new KeyImport(KeySource.Parse(uri), from, [.. names.Select(KeysetName.Require).Distinct()], includeDestroyed, access);
    }

    /// <summary>What it would do.</summary>
    /// <inheritdoc cref="Run"/>
    public ImportedKeys Preview()
    {
        using var folder = _source.Folder(_access);
        return With(folder, _ => { });
    }

    /// <summary>Does it, under the folder's lock. Each keyset's file is complete or as it was; what is refused changes none.</summary>
    /// <exception cref="LoginEtlException">
    /// <c>KeyConflict</c>, <c>KeyUnderTwoNames</c>, <c>KeysetNotRotated</c>, <c>KeysetNotFound</c>, <c>KeysetBusy</c>,
    /// <c>KeysetUnwritable</c>, and those of reading either.
    /// </exception>
    public ImportedKeys Run()
    {
        using var folder = _source.Folder(_access);
        using var held = KeyFolderLock.Take(folder.Path);
        return With(folder, merged => folder.WriteKeyset(merged.Name, merged.Keyset.Primary.Id, merged.Keyset.Keys, replace: !merged.IsNew));
    }

    private ImportedKeys With(KeyFolder folder, Action<MergedKeyset> write)
    {
        using var backup = Keyring.Open(_from, _access);
        using var mine = folder.Read();
        var merged = (_names.Count > 0 ? _names : KeysetName.All.Where(n => backup.Find(n) is not null))
            .Select(n => MergedKeyset.Of(n, mine.Find(n), backup.Get(n), _includeDestroyed)).ToList();
        // All of them, before any is written.
        DistinctKeys.Require(
            KeysetName.All.Select(n => (Name: n, Keyset: merged.FirstOrDefault(m => m.Name == n)?.Keyset ?? mine.Find(n)))
                .Where(k => k.Keyset is not null).ToDictionary(k => k.Name, k => k.Keyset!),
            $"{folder.Source} with the keys of {backup.Source}");
        var changed = merged.Where(m => m.Added.Count > 0).ToList();
        changed.ForEach(write);
        return new ImportedKeys(
            [.. changed.SelectMany(m => KeyListing.Of(m.Name, m.Keyset).Where(k => m.Added.Contains(k.KeyId)))],
            [.. merged.SelectMany(m => KeyListing.Of(m.Name, m.Keyset).Where(k => m.LeftDestroyed.Contains(k.KeyId)))],
            [.. changed.Where(m => m.IsNew).SelectMany(m => KeyListing.Of(m.Name, m.Keyset).Where(k => k.IsPrimary))]);
    }
}

/// <summary>What an import brings.</summary>
/// <param name="Added">As they are in the folder now.</param>
/// <param name="LeftDestroyed">The backup has them, and they were removed from the folder: they stay so.</param>
/// <param name="NewPrimaries">Primary keys of keysets that the folder had none of: used from now on, whoever made them.</param>
public sealed record ImportedKeys(IReadOnlyList<LoginKey> Added, IReadOnlyList<LoginKey> LeftDestroyed, IReadOnlyList<LoginKey> NewPrimaries);
