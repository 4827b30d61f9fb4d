using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>
/// The client's address in what proxies make of it: <c>203.0.113.7, 10.0.0.1</c>, <c>203.0.113.7:4711</c>,
/// <c>[2001:db8::1]:443</c>, <c>fe80::1%eth0</c>.
/// </summary>
internal static class ForwardedAddress
{
    private const int LongestPort = 5;

    /// <summary>The address in its canonical form; null where the text begins with none.</summary>
    public static string? Find(string text)
    {
        // The first alone is the client's: another, where the first is "unknown" say, is a proxy's and everybody's.
        var first = text.AsSpan();
        first = (first.IndexOf(',') is >= 0 and var end ? first[..end] : first).Trim(" \t");
        var canonical = Bare(first) is { IsEmpty: false } bare ? CanonicalForm.OfIp(bare.ToString()) : "";
        return AddressText.IsAddress(canonical) ? canonical : null;
    }

    private static ReadOnlySpan<char> Bare(ReadOnlySpan<char> address)
    {
        if (address is ['[', .. var rest])
        {
            return rest.IndexOf(']') is >= 0 and var close && (rest[(close + 1)..] is [] || IsPort(rest[(close + 1)..]))
                && rest[..close].Contains(':') ? WithoutZone(rest[..close]) : [];
        }

        return address.IndexOf(':') is >= 0 and var colon && address[(colon + 1)..].IndexOf(':') < 0
            ? IsPort(address[colon..]) ? address[..colon] : []
            : WithoutZone(address);
    }

    // An interface of the host that saw it (RFC 4007, section 11); addresses of version 4 have none.
    private static ReadOnlySpan<char> WithoutZone(ReadOnlySpan<char> address) =>
        address.IndexOf('%') is > 0 and var zone && address[..zone].Contains(':') ? address[..zone] : address;

    private static bool IsPort(ReadOnlySpan<char> text) =>
        text is [':', .. var digits] && digits.Length is > 0 and <= LongestPort && !digits.ContainsAnyExceptInRange('0', '9');
}
