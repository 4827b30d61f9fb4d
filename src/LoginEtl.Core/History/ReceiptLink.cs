using System.Globalization;
using LoginEtl.Faults;

namespace LoginEtl.History;

/// <summary>The name of a receipt in its chain: it holds all that came before it.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Digest">SHA-256, in small hexadecimal digits.</param>
public sealed record ReceiptLink(long Number, string Digest)
{
    private const int Digits = 64;

    /// <summary>Reads a text such as <c>42:9f86d0…</c>.</summary>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>.</exception>
    public static ReceiptLink Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Trim().Split(':') is [var number, { Length: Digits } digest] && digest.All(char.IsAsciiHexDigit)
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? new ReceiptLink(value, digest.ToLowerInvariant())
            : throw new LoginEtlException(ErrorId.SettingInvalid, "The link of a receipt is its number, a colon and 64 hexadecimal digits.", "Take it from a receipt's Link as it stands there.");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}:{Digest}");
}
