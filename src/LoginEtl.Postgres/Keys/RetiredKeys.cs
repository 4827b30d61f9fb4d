using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Postgres.Keys;

/// <summary>Keys that no row may be written under any more, as one transaction saw them.</summary>
internal sealed class RetiredKeys(IReadOnlyList<StoredKey> keys)
{
    /// <exception cref="LoginEtl.Faults.LoginEtlException"><c>KeyRetired</c>: one of the records carries a token under such a key.</exception>
    public void Refuse(IEnumerable<ProtectedLogin> logins)
    {
        if (keys.Count == 0)
        {
            return;
        }

        var met = logins.OfType<LoginRecord>().SelectMany(Of).Select(k => (k.Attribute, k.Prefix)).Distinct().ToList();
        if (met.Count > 0)
        {
            throw KeyRetired.Of(met);
        }
    }

    /// <summary>Those that the record's tokens are under.</summary>
    public IEnumerable<StoredKey> Of(LoginRecord record) =>
        keys.Where(k => TokenOf(record, k.Attribute)?.StartsWith(k.Prefix, StringComparison.Ordinal) == true);

    private static string? TokenOf(LoginRecord record, string attribute) => attribute switch
    {
        LoginFields.Ip => record.MaskedIp,
        LoginFields.DeviceId => record.MaskedDeviceId,
        _ => null,
    };
}
