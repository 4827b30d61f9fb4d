using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Postgres.Keys;

/// <summary>Prefixes that no row may be written under any more, as one transaction saw them.</summary>
internal sealed class RetiredKeys(IReadOnlyList<(string Attribute, string Prefix)> keys)
{
    /// <exception cref="LoginEtl.Faults.LoginEtlException"><c>KeyRetired</c>: one of the records carries a token under such a key.</exception>
    public void Refuse(IEnumerable<ProtectedLogin> logins)
    {
        if (keys.Count == 0)
        {
            return;
        }

        var met = logins.OfType<LoginRecord>()
            .SelectMany(r => keys.Where(k => TokenOf(r, k.Attribute)?.StartsWith(k.Prefix, StringComparison.Ordinal) == true))
            .Distinct().ToList();
        if (met.Count > 0)
        {
            throw KeyRetired.Of(met);
        }
    }

    private static string? TokenOf(LoginRecord record, string attribute) => attribute switch
    {
        LoginFields.Ip => record.MaskedIp,
        LoginFields.DeviceId => record.MaskedDeviceId,
        _ => null,
    };
}
