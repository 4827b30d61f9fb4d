using System.Text.RegularExpressions;
using LoginEtl.Masking;
using LoginEtl.Records;
using LoginEtl.Tokens;

namespace LoginEtl.Protecting;

/// <summary>
/// Finds personal data where none belongs. Strict: what is found is one, and what is more than one is not looked into. Digits
/// alone are an id and no phone number.
/// </summary>
internal static partial class PiiFinder
{
    // Of an address of version 4, and of one of version 6.
    private const int ShortestV4 = 7;
    private const int LongestV4 = 15;
    private const int LongestV6 = 45;

    // E.164: fifteen digits at most; shorter ones than seven are of one place.
    private const int FewestDigits = 7;
    private const int MostDigits = 15;

    // RFC 5321, section 4.5.3.1.
    private const int LongestMail = 254;

    /// <summary>The fields that are personal data as they stand.</summary>
    public static PiiFields Find(LoginMessage message) =>
        (IsPersonal(message.UserId) ? PiiFields.UserId : 0)
        | (IsPersonal(message.AppVersion, isVersion: true) ? PiiFields.AppVersion : 0)
        | (IsPersonal(message.DeviceType) ? PiiFields.DeviceType : 0)
        | (IsPersonal(message.Locale) ? PiiFields.Locale : 0);

    /// <summary>The names of the fields.</summary>
    public static IEnumerable<string> NamesOf(PiiFields fields) => new[]
    {
        (PiiFields.UserId, LoginFields.UserId), (PiiFields.AppVersion, LoginFields.AppVersion), (PiiFields.DeviceType, LoginFields.DeviceType), (PiiFields.Locale, LoginFields.Locale),
    }.Where(f => fields.HasFlag(f.Item1)).Select(f => f.Item2);

    // Nearly every value has none of these signs and is done with here.
    private static bool IsPersonal(string? text, bool isVersion = false) =>
        text is { Length: > 1 } && text.AsSpan().IndexOfAny('@', ':') switch
        {
            >= 0 and var at => text[at] == '@' ? IsMail(text, isVersion) : IsV6(text),
            // A version of four parts has the form of an address.
            _ when char.IsAsciiDigit(text[0]) => !isVersion && text.Length is >= ShortestV4 and <= LongestV4 && AddressText.IsAddress(text),
            _ => text[0] is '+' or '(' && IsPhone(text),
        };

    // "abc::def" could be anything; an address that is routed has more colons, and the short ones begin so.
    private static bool IsV6(string text) =>
        text.Length <= LongestV6 && (text.Count(c => c == ':') > 2 || text.StartsWith("::", StringComparison.Ordinal) || text.StartsWith("fe80::", StringComparison.OrdinalIgnoreCase))
        && AddressText.IsAddress(CanonicalForm.OfIp(text));

    // package@1.2.rc is a release, and 163.com a house of many mailboxes.
    private static bool IsMail(string text, bool isVersion) =>
        text.Length <= LongestMail && Mail().Match(text) is { Success: true } mail && !(isVersion && !mail.Groups["house"].ValueSpan.ContainsAnyInRange('A', 'z'));

    private static bool IsPhone(string text) => Phone().IsMatch(text) && text.Count(char.IsAsciiDigit) is >= FewestDigits and <= MostDigits;

    [GeneratedRegex(@"\A[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?<house>[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)\.[A-Za-z]{2,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Mail();

    // +49 30 901820, +1 (555) 010-4477, +4930901820; and (555) 010-4477 as North America writes it.
    [GeneratedRegex(@"\A(?:\+[1-9](?:[ .-]?(?:\([0-9]{1,5}\)|[0-9])){2,14}|\([2-9][0-9]{2}\) ?[0-9]{3}[ .-][0-9]{4})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Phone();
}
