using System.Text;
using LoginEtl.Records;

namespace LoginEtl.Masking;

/// <summary>What of a value is masked.</summary>
internal static class MaskableText
{
    /// <summary>The canonical form of a value that is short enough; false when it is too long. Null stays null, and fits.</summary>
    public static bool Of(Plaintext? value, Func<string, string> canonicalForm, out string? canonical)
    {
        canonical = null;
        if (value?.Reveal() is not { } text)
        {
            return true;
        }

        // A text of more characters than the limit has bytes is too long in any encoding, and is not worth normalising.
        var form = text.Length <= Padding.MaxPlaintext * 2 ? canonicalForm(text) : text;
        if (Encoding.UTF8.GetByteCount(form) > Padding.MaxPlaintext)
        {
            return false;
        }

        canonical = form;
        return true;
    }
}
