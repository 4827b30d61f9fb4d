using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>
/// One text for one value, so that the same address or device gives the same token however it was written. What is
/// not plainly an address is left as it is and masked as opaque text, never rejected.
/// </summary>
internal static class CanonicalForm
{
    private const char NonCharacter = '\uFFFE';

    private static readonly SearchValues<char> V6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>The canonical form of an attribute's values.</summary>
    /// <param name="attribute"><c>ip</c> or <c>device_id</c>.</param>
    /// <param name="form">Of addresses.</param>
    public static Func<string, string> Of(string attribute, IpForm form = IpForm.Strict) =>
        attribute != KeysetName.Ip ? OfDeviceId
        : form == IpForm.Forwarded ? OfForwardedIp
        : OfIp;

    /// <summary>The form of the first address of a list of proxies; of what begins with none, the text itself.</summary>
    public static string OfForwardedIp(string text) => ForwardedAddress.Find(text) ?? OfIp(text);

    /// <summary>
    /// IPv4 only when the parsed address prints back as the input; IPv4-mapped IPv6 as that IPv4; other IPv6 as RFC 5952.
    /// </summary>
    public static string OfIp(string text)
    {
        if (!text.Contains(':'))
        {
            // 010.0.0.1, 1.2.3 and 0x7f.1 parse as addresses, each platform in its own way: they stay opaque,
            // which for a canonical address is the same as keeping the input.
            return text;
        }

        // No scope ids, brackets, ports or prefixes: the parser would take them and drop what they say.
        if (text.AsSpan().ContainsAnyExcept(V6Characters)
            || !IPAddress.TryParse(text, out var address)
            || address.AddressFamily != AddressFamily.InterNetworkV6
            || (text.Contains('.') && !EndsInCanonicalV4(text)))
        {
            return text;
        }

        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString() : Rfc5952.Format(address);
    }

    /// <summary>NFC; nothing is trimmed or folded.</summary>
    // .NET refuses to normalise a text with U+FFFE. That composes with nothing, so the pieces between are normalised.
    public static string OfDeviceId(string text) =>
        text.Length > MaskableText.LongestNormalised || Ascii.IsValid(text) ? text
        : text.Contains(NonCharacter) ? string.Join(NonCharacter, text.Split(NonCharacter).Select(p => p.Normalize(NormalizationForm.FormC)))
        : text.Normalize(NormalizationForm.FormC);

    /// <summary>
    /// In invariant-globalization mode normalising silently does nothing, and one device would get two tokens.
    /// </summary>
    /// <exception cref="LoginEtlException"><c>UnicodeUnavailable</c>.</exception>
    public static void RequireNormalisation()
    {
        if ("e\u0301".Normalize(NormalizationForm.FormC) != "\u00E9")
        {
            throw new LoginEtlException(
                ErrorId.UnicodeUnavailable,
                "Unicode normalisation does not work here, so one device could get two tokens.",
                "Install the ICU libraries, or unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT.");
        }
    }

    private static bool EndsInCanonicalV4(string text)
    {
        var tail = text[(text.LastIndexOf(':') + 1)..];
        return IPAddress.TryParse(tail, out var v4)
            && v4.AddressFamily == AddressFamily.InterNetwork
            && v4.ToString() == tail;
    }
}

/// <summary>What of a value is masked.</summary>
internal static class MaskableText
{
    /// <summary>
    /// Longest text in UTF-16 units that is normalised: a longer one is too long for a token in any form, and
    /// normalising takes time by the square of a text of combining marks.
    /// </summary>
    public const int LongestNormalised = Padding.MaxPlaintext * 2;

    /// <summary>The canonical form of a value that is short enough; false when it is too long. Null stays null, and fits.</summary>
    public static bool Of(Plaintext? value, Func<string, string> canonicalForm, out string? canonical)
    {
        canonical = null;
        if (value?.Reveal() is not { } text)
        {
            return true;
        }

        var form = canonicalForm(text);
        if (Encoding.UTF8.GetByteCount(form) > Padding.MaxPlaintext)
        {
            return false;
        }

        canonical = form;
        return true;
    }
}
