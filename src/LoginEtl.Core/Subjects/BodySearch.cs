using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using LoginEtl.Masking;
using LoginEtl.Records;

namespace LoginEtl.Subjects;

/// <summary>
/// Looks for values in bodies that did not decode: in whatever they are, as text, behind the escapes of JSON too. Nothing is
/// unpacked: base64 and gzip hide a value.
/// </summary>
internal static partial class BodySearch
{
    // JSON in JSON in JSON: an envelope around a body that was encoded twice.
    private const int Layers = 3;

    /// <summary>Whether one of the values stands there, by itself and not as a part of a longer one.</summary>
    public static bool Finds(string text, string attribute, IReadOnlyCollection<string> values)
    {
        string[] spellings = [.. values.SelectMany(Spellings).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal)];
        for (var layer = 0; layer <= Layers; layer++)
        {
            if (spellings.Any(s => Stands(text, s)) || (attribute == LoginFields.Ip && Addresses().EnumerateMatches(text).Any(text, spellings)))
            {
                return true;
            }

            var unescaped = Escape().Replace(text, Unescape);
            if (unescaped == text)
            {
                return false;
            }

            text = unescaped;
        }

        return false;
    }

    // Composed or not: the body itself is not normalised, which takes time by the square of a text of combining marks.
    private static IEnumerable<string> Spellings(string value)
    {
        yield return value;
        if (!Ascii.IsValid(value) && value.Length <= MaskableText.LongestNormalised && !value.Contains('\uFFFE', StringComparison.Ordinal) && SurrogatePairs.AreWhole(value))
        {
            yield return value.Normalize(NormalizationForm.FormC);
            yield return value.Normalize(NormalizationForm.FormD);
        }
    }

    private static bool Stands(string text, string value)
    {
        for (var at = text.IndexOf(value, StringComparison.Ordinal); at >= 0; at = text.IndexOf(value, at + 1, StringComparison.Ordinal))
        {
            if (!GoesOn(text, at - 1, -1, value) && !GoesOn(text, at + value.Length, 1, value))
            {
                return true;
            }
        }

        return false;
    }

    // 1.2.3.4 is no part of 1.2.3.45 and none of 1.2.3.4.5; a full stop behind it ends a sentence.
    private static bool GoesOn(string text, int at, int step, string value)
    {
        if (at < 0 || at >= text.Length)
        {
            return false;
        }

        var isJoiner = text[at] is '.' or '-' or '_' || (text[at] == ':' && value.Contains(':', StringComparison.Ordinal));
        var beyond = at + step;
        return char.IsLetterOrDigit(text[at]) || (isJoiner && beyond >= 0 && beyond < text.Length && char.IsLetterOrDigit(text[beyond]));
    }

    private static bool Any(this Regex.ValueMatchEnumerator matches, string text, string[] values)
    {
        foreach (var match in matches)
        {
            var address = text.AsSpan(match.Index, match.Length).Trim('.');
            // What stands before it may end in a colon.
            if (values.Contains(CanonicalForm.OfIp(address.ToString())) || (address is [':', not ':', ..] && values.Contains(CanonicalForm.OfIp(address[1..].ToString()))))
            {
                return true;
            }
        }

        return false;
    }

    private static string Unescape(Match match) => match.Value[1] switch
    {
        'u' => ((char)int.Parse(match.Value.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToString(),
        'b' or 'f' or 'n' or 'r' or 't' => " ",
        var other => other.ToString(),
    };

    [GeneratedRegex(@"\\(?:u[0-9A-Fa-f]{4}|[^u])", RegexOptions.CultureInvariant)]
    private static partial Regex Escape();

    [GeneratedRegex("[0-9A-Fa-f:.]{2,}", RegexOptions.CultureInvariant)]
    private static partial Regex Addresses();
}
