using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Rotation;

/// <summary>Tells the database of changes to key files, and asks it whether a key is still needed.</summary>
public static class KeyRegistry
{
    /// <summary>Records the states of keys; those that make no tokens are left out.</summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keys">As they are now.</param>
    /// <param name="cancellationToken">Ends the waiting for batches under way.</param>
    /// <exception cref="LoginEtlException"><c>KeysBusy</c>, or the database cannot be reached.</exception>
    public static Task RecordAsync(ITokenTable table, IReadOnlyList<LoginKey> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(keys);
        var stored = keys.Where(k => k.TokenPrefix is not null).Select(k => StoredKey.Of(k, StoredKeys.StateOf(k.IsPrimary, k.Status))).ToList();
        return stored.Count == 0 ? Task.CompletedTask : table.SetAsync(stored, cancellationToken);
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
        if (counts.FirstOrDefault(c => c.Attribute == KeyAttribute.Of(key.Name) && c.Prefix == key.TokenPrefix) is { Rows: > 0 and var rows })
        {
            throw new LoginEtlException(
                "KeyInUse", FaultKind.Configuration, $"{rows} rows of {table.Name} and its quarantine still carry {key.TokenPrefix}, and without {key} nothing can open them. The key was not removed.",
                "Enable it with Enable-LoginKey, take the rows to the primary key with Update-LoginToken, and disable it again; -Force gives the rows up.");
        }
    }

}
