using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Recovery;

namespace LoginEtl.Rotation;

/// <summary>Rows under keys that a keyset does not hold, or has disabled: nobody can look under them with it.</summary>
public static class UnheldRows
{
    /// <summary>
    /// How many there are, by prefix. A bounded look where the keyset holds every key that the database knows; reads all of the
    /// table, once, where it does not, or where that look has met another key.
    /// </summary>
    /// <param name="table">The tokens and their keys.</param>
    /// <param name="keyring">Stays the caller's.</param>
    /// <param name="attribute"><c>ip</c> or <c>device_id</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LoginEtlException">The database failed or refused.</exception>
    public static async Task<IReadOnlyList<PrefixCount>> CountAsync(
        ITokenTable table, Keyring keyring, string attribute, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(keyring);
        var held = Held(keyring, attribute);
        var known = await KnownAsync(table, cancellationToken).ConfigureAwait(false);
        if (!known.Any(k => k.Attribute == attribute && k.State != StoredKeyState.Removed && !held.Contains(k.Prefix))
            && (await table.SampleAsync(cancellationToken).ConfigureAwait(false))?.Of(attribute).All(p => held.Contains(p.Prefix!)) != false)
        {
            return [];
        }

        var counts = await table.CountTableAsync(attribute, cancellationToken).ConfigureAwait(false);
        return [.. counts.Where(c => c.Prefix is not null && !held.Contains(c.Prefix))];
    }

    /// <summary>Prefixes of the keys that it holds, enabled.</summary>
    internal static HashSet<string> Held(Keyring keyring, string attribute) =>
        [.. AttributeKeys.Stored(keyring, attribute).Where(k => k.State is StoredKeyState.Primary or StoredKeyState.Retired).Select(k => k.Prefix)];

    // Whoever may read the table and not its keys finds rows all the same.
    private static async Task<IReadOnlyList<StoredKey>> KnownAsync(ITokenTable table, CancellationToken cancellationToken)
    {
        try
        {
            return await table.KeysAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (LoginEtlException e) when (e.Kind == FaultKind.Denied)
        {
            return [];
        }
    }
}
