using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>All keysets of one source. Zeroes its keys when disposed.</summary>
public sealed class Keyring : IDisposable
{
    private readonly Dictionary<string, Keyset> _keysets;

    internal Keyring(string source, Dictionary<string, Keyset> keysets, IReadOnlyList<string> warnings)
    {
        Source = source;
        _keysets = keysets;
        Warnings = warnings;
    }

    /// <summary>Where the keys came from, as a URI without secrets.</summary>
    public string Source { get; }

    /// <summary>What a careful operator should know about this source; free of key material.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>
    /// Reads a key source: <c>file:DIR</c> (or just the folder), whose files <c>NAME.json</c> are Tink JSON keysets readable by
    /// their owner alone; <c>env:NAME</c>, <c>secret:VAULT/NAME</c> or what <c>exec:PROGRAM ARGUMENTS</c> prints, one JSON object with
    /// those names as members; or <c>awskms:DIR?key=…&amp;region=…&amp;profile=…</c>, a folder of keysets that AWS KMS decrypts.
    /// </summary>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetNotFound</c>, <c>KeysetPermissions</c>, <c>KeysetUnreadable</c>, <c>KeysetInvalid</c>, <c>KeyUnderTwoNames</c>,
    /// <c>KeySourceUnknown</c>, <c>KeySourceUnavailable</c>, <c>PathInvalid</c>, <c>SettingInvalid</c>, <c>SecretUnreadable</c>, and what
    /// the key service throws.
    /// </exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    /// <param name="uri">The key source.</param>
    /// <param name="access">What the host lends for it.</param>
    public static Keyring Open(string uri, KeyAccess access)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(uri);
        ArgumentNullException.ThrowIfNull(access);
        var keyring = KeySource.Parse(uri).Read(access);
        try
        {
            DistinctKeys.Require(keyring._keysets, keyring.Source);
            return keyring;
        }
        catch
        {
            keyring.Dispose();
            throw;
        }
    }

    /// <summary>Reads a key source that needs nothing of the host but how it reads relative folders.</summary>
    /// <inheritdoc cref="Open(string, KeyAccess)"/>
    /// <param name="uri">The key source.</param>
    /// <param name="resolveFolder">Null for the process's working directory.</param>
    public static Keyring Open(string uri, Func<string, string>? resolveFolder = null) =>
        Open(uri, resolveFolder is null ? new KeyAccess() : new KeyAccess { ResolveFolder = resolveFolder });

    /// <summary>Null where the source has none of that name.</summary>
    internal Keyset? Find(string attribute) => _keysets.GetValueOrDefault(attribute);

    /// <exception cref="LoginEtlException"><c>KeysetNotFound</c>.</exception>
    internal Keyset Get(string attribute) => _keysets.TryGetValue(attribute, out var keyset)
        ? keyset
        : throw new LoginEtlException(
            ErrorId.KeysetNotFound, $"The key source {Source} has no keyset '{attribute}'.",
            "Bring it back from a backup (Import-LoginKey) if there ever was one; else make it with New-LoginKeyset -MissingOnly and the -Method of the run.");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var keyset in _keysets.Values)
        {
            keyset.Dispose();
        }
    }
}
