using LoginEtl.Tokens;

namespace LoginEtl.Keysets;

/// <summary>What a rotation can do with the tokens of a key.</summary>
public static class StoredKeys
{
    /// <summary>Whether tokens under another key can be made from its tokens: what a mac token says is not in it.</summary>
    public static bool CanBeMadeAnew(this StoredKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Method != Method(TokenKind.Mac);
    }

    /// <summary>All keys that make tokens, of every attribute and method, as the database is to know them.</summary>
    public static IReadOnlyList<StoredKey> Held(Keyring keyring)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        return [.. KeysetName.Masked.SelectMany(KeysetName.TokensOf).Where(n => keyring.Find(n) is not null).SelectMany(n => KeyListing.Of(n, keyring.Get(n)))
            .Select(k => StoredKey.Of(k, StateOf(k.IsPrimary, k.Status)))];
    }

    /// <summary>Those of the keys that the database knows by their ids alone: another key under such an id would go unseen.</summary>
    public static IReadOnlyList<StoredKey> KnownByIdAlone(IEnumerable<StoredKey> keys, IReadOnlyList<StoredKey> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        return [.. keys.Where(k => k.CheckValue is not null && known.Any(there => k.IsOf(there) && !there.IsToldApart))];
    }

    /// <summary>What to do about those.</summary>
    public const string ByIdAloneRemedy = "Compare the check values of all hosts (Get-LoginKeyset); Set-LoginPrimaryKey with -Database then tells it.";

    /// <summary>They, in a sentence; null where there are none.</summary>
    public static string? ByIdAlone(IReadOnlyList<StoredKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return keys.Count == 0 ? null
            : $"The database knows {string.Join(", ", keys.Select(k => $"{k.Prefix} of {k.Attribute}"))} without a whole check value, so another key under that id, on another host, would not be told apart.";
    }

    /// <summary>What is to be said of a keyring's keys that the database knows by their ids alone, and what to do; null where there are none.</summary>
    public static string? Unsure(Keyring keyring, IReadOnlyList<StoredKey> known) =>
        ByIdAlone(KnownByIdAlone(Held(keyring), known)) is { } alone ? $"{alone} {ByIdAloneRemedy}" : null;

    /// <summary>What a key's place in its keyset means for those who write.</summary>
    internal static StoredKeyState StateOf(bool isPrimary, KeyStatus status) =>
        isPrimary ? StoredKeyState.Primary
        : status == KeyStatus.Enabled ? StoredKeyState.Retired
        : status == KeyStatus.Disabled ? StoredKeyState.Disabled
        : StoredKeyState.Removed;

    /// <summary>A state's name, in the database and in texts.</summary>
    public static string Text(StoredKeyState state) => state.ToString().ToLowerInvariant();

    /// <summary>A method's name as the database has it.</summary>
    internal static string Method(TokenKind kind) => Enum.GetName(kind)!.ToLowerInvariant();
}
