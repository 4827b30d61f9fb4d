using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>A keyset with the keys of its backup. The bytes stay those of the two that it was made of.</summary>
/// <param name="Name">Of the keyset.</param>
/// <param name="Keyset">As it is to be.</param>
/// <param name="Added">Ids of the keys that come in.</param>
/// <param name="LeftDestroyed">Ids of keys that were removed, and stay so although the backup has them.</param>
/// <param name="IsNew">There was no such keyset.</param>
internal sealed record MergedKeyset(string Name, Keyset Keyset, IReadOnlyList<uint> Added, IReadOnlyList<uint> LeftDestroyed, bool IsNew)
{
    /// <exception cref="LoginEtlException"><c>KeyConflict</c>, <c>KeysetNotRotated</c>, <c>KeysetInvalid</c>.</exception>
    public static MergedKeyset Of(string name, Keyset? mine, Keyset backup, bool includeDestroyed)
    {
        var type = KeyTemplate.Of(name).TypeUrl;
        backup.RequireType(type);
        var theirs = backup.Keys.Where(k => k.Status != KeyStatus.Destroyed).ToList();
        if (mine is null)
        {
            // Without a primary key it would be no keyset: it comes as it is.
            return new MergedKeyset(name, backup, [.. theirs.Select(k => k.Id)], [], IsNew: true);
        }

        mine.RequireType(type);
        var keys = mine.Keys.ToList();
        var (added, left) = (new List<uint>(), new List<uint>());
        // Keysets have their oldest keys first, and a backup's are older than what was added since: each goes behind the one that it
        // is behind there.
        var behind = -1;
        foreach (var key in theirs)
        {
            var found = keys.FindIndex(k => k.Id == key.Id);
            behind = found >= 0 ? found : behind + 1;
            switch (found)
            {
                case < 0:
                    RequireRoom(name, mine, backup, key);
                    keys.Insert(behind, key);
                    added.Add(key.Id);
                    break;
                case var at when keys[at].Status != KeyStatus.Destroyed:
                    RequireSame(name, mine, keys[at], backup, key);
                    break;
                case var at when includeDestroyed:
                    keys[at] = key;
                    added.Add(key.Id);
                    break;
                default:
                    left.Add(key.Id);
                    break;
            }
        }

        return new MergedKeyset(name, new Keyset(mine.Source, type, mine.Primary.Id, keys), added, left, IsNew: false);
    }

    private static void RequireRoom(string name, Keyset mine, Keyset backup, KeysetKey key)
    {
        if (name == KeysetName.LineId)
        {
            throw new LoginEtlException(
                ErrorId.KeysetNotRotated, $"The keyset '{name}' of {backup.Source} has key {key.Id}, and that of {mine.Source} has another: there is one for good, and with the wrong one files are loaded twice. Nothing was changed.",
                "Find out which is the right one. Other keysets of the backup can be imported without it, with -Name.");
        }

        if (mine.Keys.FirstOrDefault(k => KeyIds.Shown(k.Id) == KeyIds.Shown(key.Id)) is { } taken)
        {
            throw Conflict(
                $"Key {key.Id} of the keyset '{name}' of {backup.Source} and key {taken.Id} of {mine.Source} share their first 28 bits, so tokens would not name their key.");
        }
    }

    private static void RequireSame(string name, Keyset mine, KeysetKey has, Keyset backup, KeysetKey key)
    {
        var (here, there) = (KeyListing.CheckValue(mine, has), KeyListing.CheckValue(backup, key));
        if (!KeyListing.Digest(mine, has).AsSpan().SequenceEqual(KeyListing.Digest(backup, key)))
        {
            throw Conflict(
                $"Key {key.Id} of the keyset '{name}' is another in {backup.Source} (check value {there}) than in {mine.Source} (check value {here}).");
        }
    }

    private static LoginEtlException Conflict(string message) => new(
        ErrorId.KeyConflict, $"{message} Nothing was changed.",
        "One of the two is not of this installation. Get-LoginKeyset shows the check values, to compare with those that were noted; other keysets can be imported with -Name.");
}
