using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>The keys of one attribute, as in a Tink JSON keyset.</summary>
internal sealed class Keyset : IDisposable
{
    private readonly KeysetKey _own;

    public Keyset(string source, string typeUrl, uint primaryKeyId, IReadOnlyList<KeysetKey> keys)
    {
        Source = source;
        TypeUrl = typeUrl;
        Keys = keys;
        Primary = _own = keys.FirstOrDefault(k => k.Id == primaryKeyId && k.Status == KeyStatus.Enabled)
            ?? throw Invalid(source, "its primary key is missing or not ENABLED");
        if (keys.Select(k => KeyIds.Shown(k.Id)).Distinct().Count() != keys.Count)
        {
            throw Invalid(source, "two of its key ids share their first 28 bits, so tokens would not name their key");
        }
    }

    /// <summary>Where it was read, for messages.</summary>
    public string Source { get; }

    public string TypeUrl { get; }

    public IReadOnlyList<KeysetKey> Keys { get; }

    /// <summary>What is masked with: the file's primary key, or the one that the database's made it follow.</summary>
    public KeysetKey Primary { get; private set; }

    /// <summary>
    /// The newer key that was used before, where an older one is followed: the file's primary one, or one that the database has
    /// taken back. Null otherwise.
    /// </summary>
    public KeysetKey? LedBackFrom { get; set; }

    /// <summary>Those that were added after the one that is masked with. Keys are added at the end, and imported where they were.</summary>
    public IReadOnlyList<KeysetKey> Newer => [.. Keys.SkipWhile(k => k != Primary).Skip(1)];

    /// <summary>The file's primary key.</summary>
    public KeysetKey Own => _own;

    /// <summary>Whether another key than the file's primary one is masked with.</summary>
    public bool IsFollowing => Primary != _own;

    /// <summary>Prefixes of the keys that are primary in the database, where it says more than one; held or not.</summary>
    public IReadOnlyList<string> Rivals { get; set; } = [];

    /// <summary>Masks with another of its enabled keys from now on; the file stays as it is.</summary>
    public void Follow(KeysetKey key) =>
        Primary = key.Status == KeyStatus.Enabled && Keys.Contains(key) ? key : throw new ArgumentException("Not an enabled key of this keyset.", nameof(key));

    /// <exception cref="LoginEtlException"><c>KeysetInvalid</c>: it holds keys of another type.</exception>
    public void RequireType(string typeUrl)
    {
        // The type of the file is not quoted: it may be anything.
        if (TypeUrl != typeUrl)
        {
            throw Invalid(Source, $"its keys are not of the type {typeUrl}");
        }
    }

    public static LoginEtlException Invalid(string source, string why) => new(
        ErrorId.KeysetInvalid, $"The keyset {source} cannot be used: {why}.",
        "Restore the keyset from its backup, or make a new one with New-LoginKeyset.");

    public void Dispose()
    {
        foreach (var key in Keys)
        {
            key.Material.Dispose();
        }
    }
}
