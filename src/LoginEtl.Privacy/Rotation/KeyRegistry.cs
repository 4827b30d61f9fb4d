using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Rotation;

/// <summary>Tells the database of changes to key files, and asks it whether a key is still needed.</summary>
public static class KeyRegistry
{
    /// <summary>
    /// Makes a change of a key that was enabled, disabled or destroyed, and records it. Which key is primary stays the database's
    /// word: nobody who enables a key says so.
    /// </summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="change">Makes it in the file, and answers the key as it is then. Not called where the database refuses first.</param>
    /// <param name="cancellationToken">Ends the waiting for batches under way.</param>
    /// <exception cref="LoginEtlException"><c>KeysBusy</c>, <c>KeyMismatch</c>, <c>TableAccessDenied</c>, or the database cannot be reached.</exception>
    public static Task RecordAsync(ITokenTable table, Func<LoginKey> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.ChangeAsync(
            known => [.. Stored([change()]).Select(k => !IsEnabled(k) ? k : k with { State = EnabledStateOf(k, known) })], cancellationToken);
    }

    /// <summary>
    /// Makes a key primary, and no other of its attribute and method, held here or not. What else the keyset says of keys that the
    /// database knows is not told: its file may be old.
    /// </summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="change">Makes it so in the file, and answers the whole keyset. Not called where the database refuses first.</param>
    /// <param name="cancellationToken">Ends the waiting for batches under way.</param>
    /// <returns>Keys that were primary in the database and are not in the keyset; they are retired there now.</returns>
    /// <exception cref="LoginEtlException"><c>KeysBusy</c>, <c>KeyMismatch</c>, <c>TableAccessDenied</c>, or the database cannot be reached.</exception>
    public static async Task<IReadOnlyList<StoredKey>> PromoteAsync(ITokenTable table, Func<IReadOnlyList<LoginKey>> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        // Of the first look: a change whose answer was lost is made again, and has retired them.
        List<StoredKey>? rivals = null;
        await table.ChangeAsync(
            known =>
            {
                var stored = Stored(change());
                rivals ??= [.. known.Where(o => o.State == StoredKeyState.Primary && !stored.Any(o.IsOf) && stored.Any(k => k.State == StoredKeyState.Primary && IsAlike(k, o)))];
                return
                [
                    .. stored.Select(k => k.State == StoredKeyState.Primary || known.FirstOrDefault(k.IsOf) is not { } there ? k
                        : k with { State = there.State == StoredKeyState.Primary ? StoredKeyState.Retired : there.State }),
                    .. rivals.Select(o => o with { State = StoredKeyState.Retired }),
                ];
            },
            cancellationToken).ConfigureAwait(false);
        return rivals!;
    }

    /// <summary>Adds a key, and tells the database of it before its first use. Where it knows none of the attribute yet, it is told the whole keyset.</summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="add">Adds it to the file, and answers it and the whole keyset. Not called where the database refuses first.</param>
    /// <param name="cancellationToken">Ends the waiting for batches under way.</param>
    /// <exception cref="LoginEtlException">As for <see cref="RecordAsync"/>.</exception>
    public static Task RegisterAsync(ITokenTable table, Func<(LoginKey Added, IReadOnlyList<LoginKey> Keyset)> add, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.ChangeAsync(
            known =>
            {
                var (added, keyset) = add();
                return Stored(known.Any(k => k.Attribute == KeysetName.Of(added.Name)) ? [added] : keyset);
            },
            cancellationToken);
    }

    /// <summary>Looks at a change of a keyset before it is made.</summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keys">Of the keyset.</param>
    /// <param name="leaving">The key that is to be used no more; null where none is.</param>
    /// <param name="makesKnown">A database that knows none of the keyset's attribute is to know it: then its rows say whose it is, as they do to runs.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LoginEtlException"><c>KeyMismatch</c>; <c>KeyNotKnown</c>; <c>KeyIsPrimary</c>: new tokens are made with the key, whatever this file says.</exception>
    public static async Task RequireAsync(ITokenTable table, IReadOnlyList<LoginKey> keys, LoginKey? leaving, bool makesKnown, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        var stored = Stored(keys);
        var known = await table.KeysAsync(cancellationToken).ConfigureAwait(false);
        KeyMismatch.Refuse(stored, known);
        if (makesKnown && !stored.Any(k => known.Any(o => o.Attribute == k.Attribute)))
        {
            await KeyAdmission.RequireAsync(stored, known, isNewKey: false, () => table.SampleAsync(cancellationToken)).ConfigureAwait(false);
        }

        var primaries = stored.Where(k => known.Any(o => k.IsOf(o) && o.State == StoredKeyState.Primary)).ToLookup(k => k.Prefix == leaving?.TokenPrefix);
        if (primaries[true].Any() && !primaries[false].Any(k => k.State is StoredKeyState.Primary or StoredKeyState.Retired))
        {
            throw new LoginEtlException(
                ErrorId.KeyIsPrimary, $"{leaving} is the primary key in the database of {table.Name}, whatever this keyset says: writers make tokens with it. Nothing was changed.",
                "Make another key primary first, with Set-LoginPrimaryKey and -Database.");
        }
    }

    /// <summary>Keeps a key from being written with any more, and makes sure that no row carries its prefix.</summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="key">Disabled; one that makes tokens.</param>
    /// <param name="cancellationToken">Ends it; counting reads the whole table.</param>
    /// <exception cref="LoginEtlException"><c>KeyInUse</c>, with the number of rows.</exception>
    public static async Task RequireUnusedAsync(ITokenTable table, LoginKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(key);
        // First, so that none comes while they are counted.
        List<StoredKey>? before = null;
        await table.ChangeAsync(
            known =>
            {
                before ??= [.. known.Where(StoredKey.Of(key, StoredKeyState.Disabled).IsOf)];
                return [StoredKey.Of(key, StoredKeyState.Disabled)];
            },
            cancellationToken).ConfigureAwait(false);
        var counts = await table.CountAsync(cancellationToken).ConfigureAwait(false);
        if (counts.FirstOrDefault(c => c.Attribute == KeysetName.Of(key.Name) && c.Prefix == key.TokenPrefix) is { Rows: > 0 and var rows })
        {
            await table.SetAsync(before!, cancellationToken).ConfigureAwait(false);
            throw new LoginEtlException(
                ErrorId.KeyInUse, $"{rows} rows of {table.Name} and its quarantine still carry {key.TokenPrefix}, and without {key} nothing can open them. The key was not removed.",
                "Enable it with Enable-LoginKey, take the rows to the primary key with Update-LoginToken, and disable it again; -Force gives the rows up.");
        }
    }

    private static StoredKeyState EnabledStateOf(StoredKey key, IReadOnlyList<StoredKey> known) =>
        known.FirstOrDefault(key.IsOf)?.State == StoredKeyState.Primary ? StoredKeyState.Primary
        : known.Any(o => o.Attribute == key.Attribute) ? StoredKeyState.Retired
        : key.State;

    private static bool IsEnabled(StoredKey key) => key.State is StoredKeyState.Primary or StoredKeyState.Retired;

    private static bool IsAlike(StoredKey key, StoredKey other) => (key.Attribute, key.Method) == (other.Attribute, other.Method);

    private static List<StoredKey> Stored(IReadOnlyList<LoginKey> keys) =>
        [.. keys.Where(k => k.TokenPrefix is not null).Select(k => StoredKey.Of(k, StoredKeys.StateOf(k.IsPrimary, k.Status)))];
}
