using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Rotation;

/// <summary>Tells the database of changes to key files, and asks it whether a key is still needed.</summary>
public static class KeyRegistry
{
    /// <summary>
    /// Makes a change of a key that was enabled, disabled or destroyed, and records it. Which key is primary stays the database's
    /// word: nobody who enables a key says so. Where it knows none of the attribute yet, it is told the whole keyset.
    /// </summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keys">Of the keyset as it is.</param>
    /// <param name="leaving">The key that is to be used no more; null where none is.</param>
    /// <param name="admission">Of <see cref="RequireAsync"/>.</param>
    /// <param name="change">Makes it in the file, and answers the key and the whole keyset as they are then. Not called where the database refuses first.</param>
    /// <param name="cancellationToken">Ends the waiting for batches under way.</param>
    /// <exception cref="LoginEtlException"><c>KeysBusy</c>, <c>KeyIsPrimary</c>, <c>KeyMismatch</c>, <c>TableAccessDenied</c>, or the database cannot be reached.</exception>
    public static Task RecordAsync(
        ITokenTable table, IReadOnlyList<LoginKey> keys, LoginKey? leaving, KeyLook admission, Func<(LoginKey Changed, IReadOnlyList<LoginKey> Keyset)> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.ChangeAsync(
            known =>
            {
                // Once more, by what is so while nobody else changes it.
                Refuse(table, Stored(keys), leaving, known);
                RequireLook(keys, known, admission);
                var (changed, keyset) = change();
                var key = Stored([changed])[0];
                return !known.Any(o => o.Attribute == key.Attribute) ? Stored(keyset)
                    : !IsEnabled(key) ? [key]
                    // Of a method that it knows none of, the first key is told by who writes with it, or makes it primary.
                    : !known.Any(o => IsAlike(key, o)) ? []
                    : [key with { State = known.Any(o => key.IsOf(o) && o.State == StoredKeyState.Primary) ? StoredKeyState.Primary : StoredKeyState.Retired }];
            },
            cancellationToken);
    }

    /// <summary>
    /// Makes a key primary, and no other of its attribute and method, held here or not. What else the keyset says of keys that the
    /// database knows is not told: its file may be old.
    /// </summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keys">Of the keyset as it is.</param>
    /// <param name="change">Makes it so in the file, and answers the whole keyset. Not called where the database refuses first.</param>
    /// <param name="cancellationToken">Ends the waiting for batches under way.</param>
    /// <returns>Keys that were primary in the database and are not in the keyset; they are retired there now.</returns>
    /// <exception cref="LoginEtlException"><c>KeysBusy</c>, <c>KeyMismatch</c>, <c>TableAccessDenied</c>, or the database cannot be reached.</exception>
    public static async Task<IReadOnlyList<StoredKey>> PromoteAsync(ITokenTable table, IReadOnlyList<LoginKey> keys, Func<IReadOnlyList<LoginKey>> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        // Of the first look: a change whose answer was lost is made again, and has retired them.
        List<StoredKey>? rivals = null;
        await table.ChangeAsync(
            known =>
            {
                KeyMismatch.Refuse(Stored(keys), known);
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
    /// <param name="keys">Of the keyset as it is.</param>
    /// <param name="admission">Of <see cref="RequireAsync"/>.</param>
    /// <param name="add">Adds it to the file, and answers it and the whole keyset. Not called where the database refuses first.</param>
    /// <param name="cancellationToken">Ends the waiting for batches under way.</param>
    /// <exception cref="LoginEtlException">As for <see cref="RecordAsync"/>.</exception>
    public static Task RegisterAsync(ITokenTable table, IReadOnlyList<LoginKey> keys, KeyLook admission, Func<(LoginKey Added, IReadOnlyList<LoginKey> Keyset)> add, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.ChangeAsync(
            known =>
            {
                KeyMismatch.Refuse(Stored(keys), known);
                RequireLook(keys, known, admission);
                var (added, keyset) = add();
                var key = Stored([added])[0];
                return !known.Any(k => k.Attribute == key.Attribute) ? Stored(keyset)
                    // Of a method that it knows none of, the first key is told by who writes with it, or makes it primary.
                    : known.Any(k => IsAlike(key, k)) ? [key] : [];
            },
            cancellationToken);
    }

    /// <summary>Looks at a change of a keyset before it is made.</summary>
    /// <returns>Whether the table's rows were looked at.</returns>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keys">Of the keyset.</param>
    /// <param name="leaving">The key that is to be used no more; null where none is.</param>
    /// <param name="makesKnown">A database that knows none of the keyset's attribute is to know it: then its rows say whose it is, as they do to runs.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LoginEtlException"><c>KeyMismatch</c>; <c>KeyNotKnown</c>; <c>ForeignObject</c>; <c>KeyIsPrimary</c>: new tokens are made with the key, whatever this file says.</exception>
    public static async Task<KeyLook> RequireAsync(ITokenTable table, IReadOnlyList<LoginKey> keys, LoginKey? leaving, bool makesKnown, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        var stored = Stored(keys);
        var known = await table.KeysAsync(cancellationToken).ConfigureAwait(false);
        Refuse(table, stored, leaving, known);
        if (makesKnown && !stored.Any(k => known.Any(o => o.Attribute == k.Attribute)))
        {
            // Reading a stranger's table could run code of his, and what he has there must not make it look empty.
            if (await table.StrangersAsync(cancellationToken).ConfigureAwait(false) is { Count: > 0 } strangers)
            {
                throw new LoginEtlException(
                    ErrorId.ForeignObject, $"{table.Name}: {string.Join("; ", strangers)}. So its rows were not read, and whose keys they are under is not known. Nothing was changed.",
                    "Look at what Test-LoginEtl says of Owners, and drop what nobody wants; or say which key is meant with Set-LoginPrimaryKey and -Database.");
            }

            await KeyAdmission.RequireAsync(stored, known, isNewKey: false, () => table.SampleAsync(cancellationToken)).ConfigureAwait(false);
            return KeyLook.Taken;
        }

        return makesKnown ? KeyLook.NotNeeded : KeyLook.Waived;
    }

    // The register may have been emptied since: then the rows have to be looked at.
    private static void RequireLook(IReadOnlyList<LoginKey> keys, IReadOnlyList<StoredKey> known, KeyLook look)
    {
        if (look == KeyLook.NotNeeded && !Stored(keys).Any(k => known.Any(o => o.Attribute == k.Attribute)))
        {
            throw Forgotten();
        }
    }

    /// <summary>The database has forgotten meanwhile what it knew of keys.</summary>
    internal static LoginEtlException Forgotten() => new(
        ErrorId.KeysBusy, "What the database knew of keys was deleted meanwhile, so whose keys its rows are under has to be looked at. Nothing was changed.",
        "Run it again; see who may write to login_etl_key.");

    private static void Refuse(ITokenTable table, IReadOnlyList<StoredKey> stored, LoginKey? leaving, IReadOnlyList<StoredKey> known)
    {
        KeyMismatch.Refuse(stored, known);
        var primaries = stored.Where(k => known.Any(o => k.IsOf(o) && o.State == StoredKeyState.Primary)).ToLookup(k => k.Prefix == leaving?.TokenPrefix);
        if (primaries[true].Any() && !primaries[false].Any(IsEnabled))
        {
            throw new LoginEtlException(
                ErrorId.KeyIsPrimary, $"{leaving} is the primary key in the database of {table.Name}, whatever this keyset says: writers make tokens with it. Nothing was changed.",
                "Make another key primary first, with Set-LoginPrimaryKey and -Database.");
        }
    }

    /// <summary>Destroys a key that no row carries. It is kept from being written with while that is looked at.</summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keys">Of the keyset as it is.</param>
    /// <param name="key">Disabled; one that makes tokens.</param>
    /// <param name="admission">Of <see cref="RequireAsync"/>.</param>
    /// <param name="change">Destroys it in the file; as for <see cref="RecordAsync"/>.</param>
    /// <param name="cancellationToken">Ends it; counting reads the whole table, twice where the key was not disabled in the database.</param>
    /// <exception cref="LoginEtlException"><c>KeyInUse</c>, with the number of rows, and those of <see cref="RecordAsync"/>. What the database says of the key is as it was then.</exception>
    public static async Task RemoveAsync(
        ITokenTable table, IReadOnlyList<LoginKey> keys, LoginKey key, KeyLook admission, Func<(LoginKey Changed, IReadOnlyList<LoginKey> Keyset)> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(key);
        await RequireUnusedAsync(table, key, cancellationToken).ConfigureAwait(false);
        await RequireKnownAsync(table, keys, key, cancellationToken).ConfigureAwait(false);
        var closed = StoredKey.Of(key, StoredKeyState.Disabled);
        StoredKey? before = null;
        var (isOpen, wasLookedAt, isDone) = (false, false, false);
        try
        {
            await table.ChangeAsync(
                known =>
                {
                    Refuse(table, Stored(keys), key, known);
                    // Of the first look: a change whose answer was lost is made again.
                    before = wasLookedAt ? before : known.FirstOrDefault(closed.IsOf);
                    wasLookedAt = true;
                    isOpen = known.Any(o => o.Attribute == closed.Attribute) && before?.State is not (StoredKeyState.Disabled or StoredKeyState.Removed);
                    return isOpen ? [closed] : [];
                },
                cancellationToken).ConfigureAwait(false);
            if (isOpen)
            {
                await RequireUnusedAsync(table, key, cancellationToken).ConfigureAwait(false);
            }

            await RecordAsync(
                table, keys, key, admission,
                () =>
                {
                    var changed = change();
                    isDone = true;
                    return changed;
                },
                cancellationToken).ConfigureAwait(false);
        }
        // Once it is destroyed, nobody is to write with it, whatever the database was told.
        catch when (isOpen && !isDone)
        {
            await ReopenAsync(table, before ?? closed with { State = StoredKeyState.Retired }).ConfigureAwait(false);
            throw;
        }
    }

    // Unless somebody else has said something of it meanwhile.
    private static async Task ReopenAsync(ITokenTable table, StoredKey key)
    {
        try
        {
            await table.ChangeAsync(
                known => !known.Any(o => key.IsOf(o) && o.State == StoredKeyState.Disabled) ? []
                    // Another is primary by now, and two would be none.
                    : key.State == StoredKeyState.Primary && known.Any(o => IsAlike(key, o) && o.State == StoredKeyState.Primary) ? [key with { State = StoredKeyState.Retired }]
                    : [key], CancellationToken.None).ConfigureAwait(false);
        }
        catch (LoginEtlException)
        {
            // What ended the removal is what is to be told: a database that is away, most likely.
        }
    }

    // That no row of another database carries the key says nothing.
    private static async Task RequireKnownAsync(ITokenTable table, IReadOnlyList<LoginKey> keys, LoginKey key, CancellationToken cancellationToken)
    {
        var known = await table.KeysAsync(cancellationToken).ConfigureAwait(false);
        if (!Stored(keys).Any(k => known.Any(k.IsOf)))
        {
            throw new LoginEtlException(
                ErrorId.KeyMayBeInUse, $"The database of {table.Name} knows no key of this keyset: that none of its rows carries {key.TokenPrefix} says nothing of others. Nothing was changed.",
                $"Name the database and the table that the keyset is used with; or give Remove-LoginKey -Force when no token begins with {key.TokenPrefix}.");
        }
    }

    private static async Task RequireUnusedAsync(ITokenTable table, LoginKey key, CancellationToken cancellationToken)
    {
        var counts = await table.CountAsync(cancellationToken).ConfigureAwait(false);
        if (counts.FirstOrDefault(c => c.Attribute == KeysetName.Of(key.Name) && c.Prefix == key.TokenPrefix) is { Rows: > 0 and var rows })
        {
            throw new LoginEtlException(
                ErrorId.KeyInUse, $"{rows} rows of {table.Name} and its quarantine still carry {key.TokenPrefix}, and without {key} nothing can open them. The key was not removed.",
                "Enable it with Enable-LoginKey, take the rows to the primary key with Update-LoginToken, and disable it again; -Force gives the rows up.");
        }
    }

    private static bool IsEnabled(StoredKey key) => key.State is StoredKeyState.Primary or StoredKeyState.Retired;

    private static bool IsAlike(StoredKey key, StoredKey other) => (key.Attribute, key.Method) == (other.Attribute, other.Method);

    private static List<StoredKey> Stored(IReadOnlyList<LoginKey> keys) =>
        [.. keys.Where(k => k.TokenPrefix is not null).Select(k => StoredKey.Of(k, StoredKeys.StateOf(k.IsPrimary, k.Status)))];
}
