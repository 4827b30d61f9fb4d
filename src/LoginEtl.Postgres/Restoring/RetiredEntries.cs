using LoginEtl.Keysets;
using LoginEtl.Postgres.Keys;
using LoginEtl.Quarantine;
using LoginEtl.Records;

namespace LoginEtl.Postgres.Restoring;

/// <summary>Entries whose record carries a token under a key that is not primary any more.</summary>
internal static class RetiredEntries
{
    /// <summary>
    /// The refusal; null when nothing stands against a row. A record that was masked before its key was retired becomes one
    /// where no new token can be made from the old: the rows of that key stay under it as well.
    /// </summary>
    public static RestoreResult? Refuse(RestoreRequest request, KnownKeys keys)
    {
        var (entry, record) = request;
        return keys.RetiredOf(record).FirstOrDefault(k => request.IsMaskedNow || k.State != StoredKeyState.Retired || k.CanBeMadeAnew()) is not { } key
            ? null
            : new RestoreResult(entry, RestoreOutcome.Refused, RejectReason.RetiredKey.Code(), key.Attribute) { Remedy = Remedy(request, key) };
    }

    private static string Remedy(RestoreRequest request, StoredKey key)
    {
        if (request.IsMaskedNow)
        {
            return "This host has masked it under the old key: give it the keyset with the new primary key, then restore again.";
        }

        var enable = key.State switch
        {
            StoredKeyState.Retired => "",
            StoredKeyState.Disabled => "Its key is disabled: take it back with Enable-LoginKey. ",
            _ => "Its key was removed: bring its keyset back from a backup, and the key with Enable-LoginKey. ",
        };
        return enable + (key.CanBeMadeAnew()
            ? "Update-LoginToken takes the entry to the primary key; then list and restore it again."
            : "Then restore it again.");
    }
}
