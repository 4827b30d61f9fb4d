using System.Text;
using LoginEtl.Tokens;

namespace LoginEtl.Masking;

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
