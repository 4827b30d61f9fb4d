using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Rotation;

/// <summary>Tells the database of changes to key files, and asks it whether a key is still needed.</summary>
public static class KeyRegistry
{
    /// <summary>
    /// Records the state of a key that was enabled or disabled, or of the keys of a keyset that the database knows none of; those
    /// that make no tokens are left out. Which key is primary stays the database's word: nobody who enables a key says so.
    /// </summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keys">As they are now.</param>
    /// <param name="cancellationToken">Ends the waiting for batches under way.</param>
    /// <exception cref="LoginEtlException"><c>KeysBusy</c>, <c>KeyMismatch</c>, or the database cannot be reached.</exception>
    public static async Task RecordAsync(ITokenTable table, IReadOnlyList<LoginKey> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        var (stored, known) = await ReadAsync(table, keys, cancellationToken).ConfigureAwait(false);
        await SetAsync(table, [.. stored.Select(k => !IsEnabled(k) ? k : k with { State = StateOf(k) })], cancellationToken).ConfigureAwait(false);

        StoredKeyState StateOf(StoredKey key) =>
            known.Any(o => key.IsOf(o) && o.State == StoredKeyState.Primary) ? StoredKeyState.Primary
            : known.Any(o => IsAlike(key, o)) ? StoredKeyState.Retired
            : key.State;
    }

    /// <summary>
    /// Records that a key is primary, and no other of its attribute and method, held here or not. What else the keyset says of keys
    /// that the database knows is not told: its file may be old.
    /// </summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keys">Of the whole keyset, as they are now.</param>
    /// <param name="cancellationToken">Ends the waiting for batches under way.</param>
    /// <returns>Keys that were primary in the database and are not among those given; they are retired there now.</returns>
    /// <exception cref="LoginEtlException"><c>KeysBusy</c>, <c>KeyMismatch</c>, or the database cannot be reached.</exception>
    public static async Task<IReadOnlyList<StoredKey>> PromoteAsync(ITokenTable table, IReadOnlyList<LoginKey> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        var (stored, known) = await ReadAsync(table, keys, cancellationToken).ConfigureAwait(false);
        var rivals = known.Where(o => o.State == StoredKeyState.Primary && !stored.Any(o.IsOf) && stored.Any(k => k.State == StoredKeyState.Primary && IsAlike(k, o))).ToList();
        await SetAsync(
            table,
            [
                .. stored.Select(k => k.State != StoredKeyState.Primary && known.FirstOrDefault(k.IsOf) is { State: not StoredKeyState.Primary } there ? k with { State = there.State } : k),
                .. rivals.Select(o => o with { State = StoredKeyState.Retired }),
            ],
            cancellationToken).ConfigureAwait(false);
        return rivals;
    }

    /// <summary>Tells the database of a key before its first use. Where it knows none of the attribute yet, it is told the whole keyset.</summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keyset">All keys of the keyset, as they are now.</param>
    /// <param name="added">The new one.</param>
    /// <param name="cancellationToken">Ends the waiting for batches under way.</param>
    /// <exception cref="LoginEtlException">As for <see cref="RecordAsync"/>.</exception>
    public static async Task RegisterAsync(ITokenTable table, IReadOnlyList<LoginKey> keyset, LoginKey added, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(added);
        var known = await table.KeysAsync(cancellationToken).ConfigureAwait(false);
        var isFirst = !known.Any(k => k.Attribute == KeysetName.Of(added.Name));
        await RecordAsync(table, isFirst ? keyset : [added], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at a change of a keyset before it is made.</summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keys">Of the keyset.</param>
    /// <param name="leaving">The key that is to be used no more; null where none is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LoginEtlException"><c>KeyMismatch</c>; <c>KeyIsPrimary</c>: new tokens are made with the key, whatever this file says.</exception>
    public static async Task RequireAsync(ITokenTable table, IReadOnlyList<LoginKey> keys, LoginKey? leaving, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        var stored = Stored(keys);
        var known = await table.KeysAsync(cancellationToken).ConfigureAwait(false);
        KeyMismatch.Refuse(stored, known);
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
        await table.SetAsync([StoredKey.Of(key, StoredKeyState.Disabled)], cancellationToken).ConfigureAwait(false);
        var counts = await table.CountAsync(cancellationToken).ConfigureAwait(false);
        if (counts.FirstOrDefault(c => c.Attribute == KeysetName.Of(key.Name) && c.Prefix == key.TokenPrefix) is { Rows: > 0 and var rows })
        {
            throw new LoginEtlException(
                ErrorId.KeyInUse, $"{rows} rows of {table.Name} and its quarantine still carry {key.TokenPrefix}, and without {key} nothing can open them. The key was not removed.",
                "Enable it with Enable-LoginKey, take the rows to the primary key with Update-LoginToken, and disable it again; -Force gives the rows up.");
        }
    }

    private static async Task<(IReadOnlyList<StoredKey> Stored, IReadOnlyList<StoredKey> Known)> ReadAsync(
        ITokenTable table, IReadOnlyList<LoginKey> keys, CancellationToken cancellationToken)
    {
        var stored = Stored(keys);
        var known = stored.Count == 0 ? [] : await table.KeysAsync(cancellationToken).ConfigureAwait(false);
        KeyMismatch.Refuse(stored, known);
        return (stored, known);
    }

    private static Task SetAsync(ITokenTable table, IReadOnlyList<StoredKey> keys, CancellationToken cancellationToken) =>
        keys.Count == 0 ? Task.CompletedTask : table.SetAsync(keys, cancellationToken);

    private static bool IsEnabled(StoredKey key) => key.State is StoredKeyState.Primary or StoredKeyState.Retired;

    private static bool IsAlike(StoredKey key, StoredKey other) => (key.Attribute, key.Method) == (other.Attribute, other.Method);

    private static List<StoredKey> Stored(IReadOnlyList<LoginKey> keys) =>
        [.. keys.Where(k => k.TokenPrefix is not null).Select(k => StoredKey.Of(k, StoredKeys.StateOf(k.IsPrimary, k.Status)))];
}
