using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Rotation;

/// <summary>
/// Whether a key may be written with that a database has never seen. A keyset that was made anew in the place of one that was
/// not there passes every other check, and its rows join with nothing.
/// </summary>
public static class KeyAdmission
{
    /// <summary>
    /// Goes on where the database has seen no key of the attribute, and its table holds no tokens, or some under the key; and
    /// where it is told to.
    /// </summary>
    /// <param name="keys">That tokens are made with.</param>
    /// <param name="known">What the database says of its keys.</param>
    /// <param name="isNewKey">Told to go on.</param>
    /// <param name="look">Looks at the table; null when the user may not. Asked where no key of an attribute is known.</param>
    /// <returns>Those of the keys that the database is to be told.</returns>
    /// <exception cref="LoginEtlException"><c>KeyNotKnown</c>, <c>KeyMismatch</c>.</exception>
    public static async Task<IReadOnlyList<StoredKey>> RequireAsync(
        IReadOnlyCollection<StoredKey> keys, IReadOnlyList<StoredKey> known, bool isNewKey, Func<Task<TokenSample?>> look)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(look);
        KeyMismatch.Refuse(keys, known);
        var unknown = keys.Where(k => !known.Any(k.IsOf)).ToList();
        foreach (var ofAttribute in isNewKey ? [] : unknown.GroupBy(k => k.Attribute))
        {
            if (known.Any(k => k.Attribute == ofAttribute.Key))
            {
                throw NotKnown(ofAttribute, known);
            }

            RequireSeen(ofAttribute, await look().ConfigureAwait(false));
        }

        return unknown;
    }

    /// <summary>Goes on where the table holds no tokens of the keys' attributes, or some under one of them, and none under one that is newer than the primary one.</summary>
    /// <param name="keys">Of attributes of which the database knows no key: those that are primary, or all of a keyset in its order.</param>
    /// <param name="sample">A look at the table. What Initialize-LoginDatabase has seen of it is known; a user who may not look takes its word.</param>
    /// <exception cref="LoginEtlException"><c>KeyNotKnown</c>.</exception>
    internal static void RequireSeen(IEnumerable<StoredKey> keys, TokenSample? sample)
    {
        foreach (var ofAttribute in keys.GroupBy(k => k.Attribute))
        {
            var seen = sample?.Of(ofAttribute.Key).Select(s => s.Prefix!).ToList() ?? [];
            var primaries = ofAttribute.Where(k => k.State == StoredKeyState.Primary).ToList();
            if (seen.Count > 0 && !ofAttribute.Any(k => seen.Contains(k.Prefix)))
            {
                throw NotKnown(ofAttribute, $"Rows of its table are under {string.Join(", ", seen)}, and none that were looked at under this one.");
            }

            // They come in the order of their keysets, the oldest first.
            var newer = primaries.SelectMany(p => ofAttribute.Where(k => k.Method == p.Method).SkipWhile(k => k.Prefix != p.Prefix).Skip(1)).Where(k => seen.Contains(k.Prefix)).ToList();
            if (newer.Count > 0)
            {
                throw NotKnown(primaries, $"Rows of its table are under {string.Join(", ", newer.Select(k => k.Prefix))}, which is newer: it was primary here.");
            }
        }
    }

    /// <summary>The fault where it knows others.</summary>
    internal static LoginEtlException NotKnown(IGrouping<string, StoredKey> keys, IEnumerable<StoredKey> known) => NotKnown(
        keys, $"It knows {string.Join(", ", known.Where(k => k.Attribute == keys.Key).Select(k => $"{k.Prefix} ({StoredKeys.Text(k.State)})"))}.");

    private static LoginEtlException NotKnown(IEnumerable<StoredKey> keys, string seen) => new(
        ErrorId.KeyNotKnown, $"This database has never seen {KeyRetired.List(keys)}. {seen} Nothing was written.",
        "Bring the keyset that is known there: under another key equal values get other tokens, and rows join with nothing. "
        + "A key that is new on purpose is told with Set-LoginPrimaryKey and -Database, or taken by a run with -NewKey.");
}
