using LoginEtl.Keysets;
using LoginEtl.Records;
using LoginEtl.Rotation;

namespace LoginEtl.Postgres.Keys;

/// <summary>The keys beside a table, as one transaction saw them.</summary>
internal sealed class KnownKeys(IReadOnlyList<StoredKey> keys)
{
    // The address first, as everywhere.
    private readonly List<StoredKey> _retired = [.. keys.Where(k => k.State != StoredKeyState.Primary).OrderByDescending(k => k.Attribute == LoginFields.Ip)];

    /// <summary>All of them.</summary>
    public IReadOnlyList<StoredKey> All => keys;

    /// <summary>Whether all are there, as far as is known with the same bytes.</summary>
    public bool Contains(IEnumerable<StoredKey> wanted) =>
        wanted.All(w => keys.Any(k => w.IsOf(k) && w.IsSameAs(k)));

    /// <exception cref="LoginEtl.Faults.LoginEtlException"><c>KeyRetired</c>: one of the records carries a token under a key that no row may be written under.</exception>
    public void Refuse(IEnumerable<ProtectedLogin> logins) => Refuse(logins.OfType<LoginRecord>().SelectMany(RetiredOf));

    /// <summary>The same of keys that tokens are to be made with.</summary>
    public void Refuse(IReadOnlyCollection<StoredKey> wanted) => Refuse(_retired.Where(k => wanted.Any(k.IsOf)));

    /// <summary>The same of tokens that take the place of others; those that stay may be under any key.</summary>
    public void Refuse(IEnumerable<TokenChange> changes) => Refuse(changes.SelectMany(c =>
        RetiredOf(c.MaskedIp == c.Row.MaskedIp ? null : c.MaskedIp, c.MaskedDeviceId == c.Row.MaskedDeviceId ? null : c.MaskedDeviceId)));

    /// <summary>Keys of the record's tokens that no row may be written under.</summary>
    public IEnumerable<StoredKey> RetiredOf(LoginRecord record) => RetiredOf(record.MaskedIp, record.MaskedDeviceId);

    private IEnumerable<StoredKey> RetiredOf(string? ip, string? deviceId) =>
        _retired.Where(k => (k.Attribute == LoginFields.Ip ? ip : deviceId)?.StartsWith(k.Prefix, StringComparison.Ordinal) == true);

    private void Refuse(IEnumerable<StoredKey> met)
    {
        if (_retired.Count > 0 && met.Distinct().ToList() is { Count: > 0 } retired)
        {
            throw KeyRetired.Of(retired, keys);
        }
    }
}
