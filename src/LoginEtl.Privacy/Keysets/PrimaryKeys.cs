using LoginEtl.Tokens;

namespace LoginEtl.Keysets;

/// <summary>
/// Which of the enabled keys new tokens are made with. A keyset says so for a database that knows nothing of its key; where
/// the database says of that key that no row may be written under it, its own primary key is followed.
/// </summary>
public static class PrimaryKeys
{
    /// <summary>The keys that masking by these methods makes tokens with, as the keyring stands.</summary>
    /// <param name="keyring">Stays the caller's.</param>
    /// <param name="methods">How it masks.</param>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetNotFound</c>, <c>KeysetInvalid</c>.</exception>
    public static IReadOnlyList<StoredKey> Of(Keyring keyring, MaskMethods methods)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        ArgumentNullException.ThrowIfNull(methods);
        return [.. methods.Keysets.Where(n => KeyTemplate.Of(n).Tokens is not null).Select(n => Stored(n, keyring.Get(n)))];
    }

    /// <summary>Takes, in memory, the primary keys of the database in the place of those that it has retired, as far as they are held and enabled.</summary>
    /// <param name="keyring">Stays the caller's.</param>
    /// <param name="known">What the database says.</param>
    /// <returns>The keyring.</returns>
    public static Keyring Follow(this Keyring keyring, IReadOnlyList<StoredKey> known)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        foreach (var name in KeysetName.Masked.SelectMany(KeysetName.TokensOf))
        {
            if (keyring.Find(name) is { } keyset && !Stored(name, keyset).MayBeWrittenBy(known))
            {
                // Several are primary where somebody has gone on under a new key: the latest.
                var next = known.Where(k => k.State == StoredKeyState.Primary).OrderByDescending(k => k.ChangedAt)
                    .Select(k => keyset.Keys.FirstOrDefault(own => own.Status == KeyStatus.Enabled && IsOf(k, name, own.Id))).FirstOrDefault(k => k is not null);
                keyset.Follow(next ?? keyset.Primary);
            }
        }

        return keyring.Compare(known);
    }

    /// <summary>Notes where the database has more than one primary key of a keyset, and follows none.</summary>
    /// <inheritdoc cref="Follow"/>
    internal static Keyring Compare(this Keyring keyring, IReadOnlyList<StoredKey> known)
    {
        foreach (var name in KeysetName.Masked.SelectMany(KeysetName.TokensOf))
        {
            if (keyring.Find(name) is { } keyset)
            {
                keyset.LedBackFrom = LedBackFrom(name, keyset, known);
                keyset.Rivals = [.. known.Where(k => k.State == StoredKeyState.Primary && IsOf(k, name)).Select(k => k.Prefix).Distinct()];
            }
        }

        return keyring;
    }

    // A key that waits to be made primary was told to the database after the one that is primary; whoever makes one primary takes
    // it back from the other at the same moment.
    private static KeysetKey? LedBackFrom(string name, Keyset keyset, IReadOnlyList<StoredKey> known)
    {
        if (keyset.Newer.Contains(keyset.Own))
        {
            return keyset.Own;
        }

        var since = known.FirstOrDefault(k => IsOf(k, name, keyset.Primary.Id))?.ChangedAt;
        return keyset.Newer.LastOrDefault(newer => known.Any(k => IsOf(k, name, newer.Id) && k.State != StoredKeyState.Primary && k.ChangedAt <= since));
    }

    /// <summary>
    /// Keysets that follow the database where that may be nobody's wish: back to a key older than their own primary one, as one
    /// who gave it back to a key that has leaked would have them do, or to one of two. A sentence each.
    /// </summary>
    /// <param name="keyring">After <see cref="Follow"/>.</param>
    public static IReadOnlyList<string> Misled(Keyring keyring)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        return
        [
            .. from name in KeysetName.Masked.SelectMany(KeysetName.TokensOf)
               let keyset = keyring.Find(name)
               where keyset is not null
               let what = keyset.LedBackFrom is { } own ? $"The database has {Prefix(name, keyset.Primary)} of {KeysetName.Of(name)} followed, an older key than {Prefix(name, own)}, {(own == keyset.Own ? "the primary key of" : "which it has taken back, of")} {keyset.Source}"
                   : keyset.Rivals.Count > 1 ? $"The database has more than one primary key of {KeysetName.Of(name)}: {string.Join(", ", keyset.Rivals)}; here {Prefix(name, keyset.Primary)} is used, and Set-LoginPrimaryKey with -Database settles it"
                   : null
               where what is not null
               select $"{what}. If nobody meant that, see who may write to login_etl_key; Disable-LoginKey here keeps this host from following a key.",
        ];
    }

    /// <summary>Keys of these keysets that are newer than the ones that are masked with, as the database knows keys.</summary>
    /// <param name="keyring">After <see cref="Follow"/>.</param>
    public static IReadOnlyList<StoredKey> Newer(Keyring keyring)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        return [.. from name in KeysetName.Masked.SelectMany(KeysetName.TokensOf)
                   let keyset = keyring.Find(name)
                   where keyset is not null
                   from key in KeyListing.Of(name, keyset)
                   where keyset.Newer.Any(k => k.Id == key.KeyId) && key.TokenPrefix is not null
                   select StoredKey.Of(key, StoredKeyState.Retired)];
    }

    /// <summary>
    /// A keyset whose rows a rotation would bring under one of several primary keys of the database: another one is held, too, and
    /// would be retired, or the one was followed. Null when there is none.
    /// </summary>
    /// <param name="keyring">After <see cref="Follow"/>.</param>
    internal static Keyset? Ambiguous(Keyring keyring) => KeysetName.Masked.SelectMany(KeysetName.TokensOf)
        .Where(n => keyring.Find(n) is { Rivals.Count: > 1 } keyset && (keyset.IsFollowing || keyset.Keys.Count(k => keyset.Rivals.Contains(Prefix(n, k))) > 1))
        .Select(keyring.Find).FirstOrDefault();

    /// <summary>Whether the database does not forbid rows under it.</summary>
    internal static bool MayBeWrittenBy(this StoredKey key, IEnumerable<StoredKey> known) =>
        known.FirstOrDefault(key.IsOf) is null or { State: StoredKeyState.Primary };

    private static StoredKey Stored(string name, Keyset keyset) => StoredKey.Of(KeyListing.PrimaryOf(name, keyset), StoredKeyState.Primary);

    private static string Prefix(string name, KeysetKey key) => TokenPrefix.Of(KeyTemplate.Of(name).Tokens!.Value, key.Id);

    private static bool IsOf(StoredKey key, string name) =>
        key.Attribute == KeysetName.Of(name) && TokenPrefix.IsOf(KeyTemplate.Of(name).Tokens!.Value, key.Prefix);

    private static bool IsOf(StoredKey key, string name, uint id) =>
        (key.Attribute, key.Prefix) == (KeysetName.Of(name), TokenPrefix.Of(KeyTemplate.Of(name).Tokens!.Value, id));
}
